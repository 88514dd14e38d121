"""The artifact of a runtime: a zip in S3 with its entry point, or an image."""

from pulumi_aws import bedrock

from components.agent_runtime.args import DEFAULT_ENTRY_POINT, AgentRuntimeArgs
from components.build_context import BuildContext
from components.functions.code import create_code_bucket, upload_zip
from components.refs import S3CodeRef


def artifact_kind(args: AgentRuntimeArgs) -> str:
    """AgentCore cannot change a runtime from one kind to the other."""
    return "image" if "image_uri" in args else "code"


def upload_code(context: BuildContext[AgentRuntimeArgs]) -> S3CodeRef:
    """The zip in S3, uploaded here unless it is there already; empty for an image."""
    args = context.args
    if "s3_code" in args:
        return args["s3_code"]
    if "code" not in args:
        return {"bucket": "", "key": "", "runtime": ""}
    uploaded = upload_zip(context, "runtime", args["code"]["path"], create_code_bucket(context))
    return {"bucket": uploaded.bucket, "key": uploaded.key, "runtime": args["code"]["runtime"]}


def artifact(args: AgentRuntimeArgs, code: S3CodeRef) -> bedrock.AgentcoreAgentRuntimeAgentRuntimeArtifactArgsDict:
    """The argument of the runtime that names its artifact."""
    if "image_uri" in args:
        return {"container_configuration": {"container_uri": args["image_uri"]}}
    return {
        "code_configuration": {
            "code": {"s3": {"bucket": code["bucket"], "prefix": code["key"]}},
            "entry_points": args.get("entry_point", list(DEFAULT_ENTRY_POINT)),
            "runtime": _managed_runtime(code["runtime"]),
        }
    }


def _managed_runtime(runtime: str) -> str:
    """PYTHON_3_13 for python3.13."""
    return runtime.replace("python", "PYTHON_").replace(".", "_")
