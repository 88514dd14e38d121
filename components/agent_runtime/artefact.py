"""What a runtime runs: a zip in S3 with its entry point, or an image."""

from dataclasses import dataclass

import pulumi
from pulumi_aws import bedrock

from components.agent_runtime.args import DEFAULT_ENTRY_POINT
from components.agent_runtime.scope import RuntimeScope
from components.functions.code import create_code_bucket, store_code


@dataclass(frozen=True, slots=True)
class StoredCode:
    """A zip in S3; both empty for an image."""

    bucket: pulumi.Input[str]
    key: pulumi.Input[str]


def create_code(scope: RuntimeScope) -> StoredCode:
    """Where the zip is stored, after it is."""
    args = scope.args
    if "package" in args:
        stored = store_code(scope, "runtime", args["package"], create_code_bucket(scope))
        return StoredCode(stored.bucket, stored.key)
    return StoredCode(args.get("code_bucket", ""), args.get("code_key", ""))


def artefact(scope: RuntimeScope, code: StoredCode) -> bedrock.AgentcoreAgentRuntimeAgentRuntimeArtifactArgsDict:
    """As AgentCore is told of it."""
    args = scope.args
    if "image_uri" in args:
        return {"container_configuration": {"container_uri": args["image_uri"]}}
    return {
        "code_configuration": {
            "code": {"s3": {"bucket": code.bucket, "prefix": code.key}},
            "entry_points": args.get("entry_point", list(DEFAULT_ENTRY_POINT)),
            "runtime": _managed_runtime(args.get("runtime", "python3.13")),
        }
    }


def _managed_runtime(runtime: str) -> str:
    """PYTHON_3_13 for python3.13."""
    return runtime.replace("python", "PYTHON_").replace(".", "_")
