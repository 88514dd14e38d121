"""AgentRuntime: what is deployed, in which order, and what its code may do."""

import json
import re
from collections.abc import Callable
from typing import Any

from components.agent_runtime import AgentRuntime, AgentRuntimeArgs
from components.agent_runtime.name import runtime_name
from components.data_bucket.permissions import read_files
from components.journal_table.permissions import write_run_files, write_steps
from tests.components.agent_runtime.test_args import IMAGE, VPC
from tests.components.harness import ACCOUNT, REGION, RUNTIMES, Deployment, deploy
from tests.components.references import DATA_ARN, PAYLOADS, TABLE, by_sid

DeployWith = Callable[..., Deployment]
NAME = runtime_name("longrun", "test", "analysts", "code")
LOGS = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group"


def permissions(deployment: Deployment) -> dict[str, dict[str, Any]]:
    """The statements of the role by sid, effect and sid left out."""
    statements = json.loads(deployment["analysts-policy"].inputs["policy"])["Statement"]
    return {
        statement["Sid"]: {key: value for key, value in statement.items() if key not in {"Sid", "Effect"}}
        for statement in statements
        if statement["Effect"] == "Allow"
    }


def test_runtime_is_made_from_the_zip_with_all_its_settings(deployed: Deployment) -> None:
    runtime = deployed["analysts-runtime"].inputs
    stored = deployed["analysts-runtime-code"].inputs

    assert runtime["agentRuntimeName"] == NAME
    assert runtime["agentRuntimeArtifact"] == {
        "codeConfiguration": {
            "code": {"s3": {"bucket": stored["bucket"], "prefix": stored["key"]}},
            "entryPoints": ["agent_main.py"],
            "runtime": "PYTHON_3_13",
        }
    }
    assert runtime["roleArn"] == f"arn:aws:iam::{ACCOUNT}:role/analysts-role"
    assert runtime["networkConfiguration"] == {"networkMode": "PUBLIC"}
    assert runtime["protocolConfiguration"] == {"serverProtocol": "HTTP"}
    assert runtime["lifecycleConfigurations"] == [{"idleRuntimeSessionTimeout": 900, "maxLifetime": 28_800}]
    assert re.fullmatch(r"runtime/[0-9a-f]{64}\.zip", stored["key"])
    assert "analysts-policy" in deployed["analysts-runtime"].dependencies


def test_endpoint_serves_the_version_just_made_and_its_log_group_is_there_first(deployed: Deployment) -> None:
    endpoint = deployed["analysts-endpoint"]
    logs = deployed["analysts-logs"].inputs

    assert endpoint.inputs["name"] == "live"
    assert endpoint.inputs["agentRuntimeId"] == "analysts-runtime-id"
    assert endpoint.inputs["agentRuntimeVersion"] == "1"
    assert "analysts-logs" in endpoint.dependencies
    assert logs["name"] == "/aws/bedrock-agentcore/runtimes/analysts-runtime-id-live"
    assert logs["retentionInDays"] == 14


def test_agentcore_may_take_the_role_for_this_account_and_region_only(deployed: Deployment) -> None:
    (statement,) = json.loads(deployed["analysts-role"].inputs["assumeRolePolicy"])["Statement"]

    assert statement["Principal"] == {"Service": "bedrock-agentcore.amazonaws.com"}
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnLike": {"aws:SourceArn": f"arn:aws:bedrock-agentcore:{REGION}:{ACCOUNT}:*"},
    }


def test_code_may_write_its_steps_read_its_data_and_use_what_is_its_own(deployed: Deployment) -> None:
    own = f"{LOGS}:/aws/bedrock-agentcore/runtimes/{NAME}-*"
    calls = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
    profile = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:inference-profile/us.anthropic.claude-sonnet-4-6"

    assert permissions(deployed) == {
        "KeepLogGroups": {"Action": ["logs:CreateLogGroup", "logs:DescribeLogStreams"], "Resource": own},
        "ListLogGroups": {"Action": ["logs:DescribeLogGroups"], "Resource": f"{LOGS}:*"},
        "WriteLogs": {"Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": f"{own}:log-stream:*"},
        "WriteTraces": {
            "Action": [
                *("xray:GetSamplingRules", "xray:GetSamplingTargets"),
                *("xray:PutTelemetryRecords", "xray:PutTraceSegments"),
            ],
            "Resource": "*",
        },
        "WriteMetrics": {
            "Action": ["cloudwatch:PutMetricData"],
            "Resource": "*",
            "Condition": {"StringEquals": {"cloudwatch:namespace": "bedrock-agentcore"}},
        },
        "StopOwnSessions": {"Action": ["bedrock-agentcore:StopRuntimeSession"], "Resource": f"{RUNTIMES}/{NAME}-*"},
        **by_sid(write_steps(TABLE, PAYLOADS)),
        **by_sid(read_files(DATA_ARN)),
        "InvokeProfile": {"Action": calls, "Resource": profile},
        "InvokeModelThroughProfile": {
            "Action": calls,
            "Resource": "arn:aws:bedrock:*::foundation-model/anthropic.claude-sonnet-4-6",
            "Condition": {"StringEquals": {"bedrock:InferenceProfileArn": profile}},
        },
        "PostToConnections": {
            "Action": ["execute-api:ManageConnections"],
            "Resource": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:api1/live/POST/@connections/*",
        },
        "CallMcpServers": {
            "Action": ["bedrock-agentcore:InvokeAgentRuntime"],
            "Resource": [f"{RUNTIMES}/tools-id", f"{RUNTIMES}/tools-id/runtime-endpoint/live"],
        },
    }


def test_code_gets_the_variables_that_its_environment_reads(deployed: Deployment) -> None:
    assert deployed["analysts-runtime"].inputs["environmentVariables"] == {
        "AWS_DEFAULT_REGION": REGION,
        "LONGRUN_AGENTS": "explorer,reporter",
        "LONGRUN_CALLBACK_URL": "https://api1.example.com/live",
        "LONGRUN_DATA_BUCKET": "data",
        "LONGRUN_MCP_RUNTIMES": json.dumps({"analysis": {"arn": f"{RUNTIMES}/tools-id", "endpoint": "live"}}),
        "LONGRUN_MODEL_ID": "us.anthropic.claude-sonnet-4-6",
        "LONGRUN_MODEL_PROVIDER": "bedrock",
        "LONGRUN_MODEL_REGION": REGION,
        "LONGRUN_PAYLOAD_BUCKET": "payloads",
        "LONGRUN_QUESTION_TIMEOUT": "86400",
        "LONGRUN_RETENTION_DAYS": "7",
        "LONGRUN_TABLE": "runs",
    }


def test_server_of_tools_asks_no_model_and_knows_no_journal(deploy_with: DeployWith) -> None:
    deployment = deploy_with("agents", "model", "mcp_runtimes", "websocket", protocol="MCP")

    assert deployment["analysts-runtime"].inputs["protocolConfiguration"] == {"serverProtocol": "MCP"}
    assert deployment["analysts-runtime"].inputs["environmentVariables"] == {
        "AWS_DEFAULT_REGION": REGION,
        "LONGRUN_DATA_BUCKET": "data",
        "LONGRUN_PAYLOAD_BUCKET": "payloads",
    }
    granted = permissions(deployment)
    assert not {"InvokeProfile", "PostToConnections", "CallMcpServers"} & set(granted)
    assert not [sid for sid, statement in granted.items() if "dynamodb:GetItem" in statement["Action"]]
    assert by_sid(write_run_files(PAYLOADS)).items() <= granted.items()


def test_spans_go_to_the_collector_that_is_named(deploy_with: DeployWith) -> None:
    variables = deploy_with(traces_endpoint="https://otel.example.com")["analysts-runtime"].inputs[
        "environmentVariables"
    ]

    assert variables["OTEL_EXPORTER_OTLP_ENDPOINT"] == "https://otel.example.com"


def test_code_that_is_stored_already_is_taken_from_there(deploy_with: DeployWith) -> None:
    deployment = deploy_with("code", s3_code={"bucket": "shared", "key": "runtime/1.zip", "runtime": "python3.12"})
    stored = deployment["analysts-runtime"].inputs["agentRuntimeArtifact"]["codeConfiguration"]

    assert stored["code"] == {"s3": {"bucket": "shared", "prefix": "runtime/1.zip"}}
    assert stored["runtime"] == "PYTHON_3_12"
    assert deployment.names("aws:s3/bucket:Bucket") == []
    assert deployment.outputs["analysts"]["code_key"] == "runtime/1.zip"


def test_image_may_be_pulled_and_has_a_name_of_its_own(deploy_with: DeployWith) -> None:
    deployment = deploy_with("code", image_uri=IMAGE)
    runtime = deployment["analysts-runtime"].inputs
    granted = permissions(deployment)

    assert runtime["agentRuntimeArtifact"] == {"containerConfiguration": {"containerUri": IMAGE}}
    assert runtime["agentRuntimeName"] != NAME, "the runtime that replaces this one is made while it is still there"
    assert granted["PullImage"]["Resource"] == f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/agents"
    assert granted["EnterRegistry"] == {"Action": ["ecr:GetAuthorizationToken"], "Resource": "*"}
    assert deployment.outputs["analysts"]["code_bucket"] == ""


def test_runtime_in_a_vpc_gets_routes_to_its_code_and_its_journal_first(deploy_with: DeployWith) -> None:
    deployment = deploy_with(**VPC, vpc_id="vpc-1", route_table_ids=["rtb-1", "rtb-2"])
    runtime = deployment["analysts-runtime"]
    routes = {
        name: (deployment[name].inputs["serviceName"], deployment[name].inputs["vpcEndpointType"])
        for name in deployment.names("aws:ec2/vpcEndpoint:VpcEndpoint")
    }

    assert routes == {
        "analysts-s3-route": (f"com.amazonaws.{REGION}.s3", "Gateway"),
        "analysts-dynamodb-route": (f"com.amazonaws.{REGION}.dynamodb", "Gateway"),
    }
    assert deployment["analysts-s3-route"].inputs["routeTableIds"] == ["rtb-1", "rtb-2"]
    assert set(routes) <= runtime.dependencies
    assert runtime.inputs["networkConfiguration"] == {
        "networkMode": "VPC",
        "networkModeConfig": {"subnets": ["subnet-12345678"], "securityGroups": ["sg-12345678"]},
    }


def test_runtime_in_a_vpc_that_has_its_routes_gets_no_others(deploy_with: DeployWith) -> None:
    assert deploy_with(**VPC, has_routes=True).names("aws:ec2/vpcEndpoint:VpcEndpoint") == []


def test_outputs_name_what_callers_and_operators_need(deployed: Deployment) -> None:
    stored = deployed["analysts-runtime-code"].inputs

    assert deployed.outputs["analysts"] == {
        "arn": f"{RUNTIMES}/analysts-runtime-id",
        "runtime_id": "analysts-runtime-id",
        "version": "1",
        "endpoint": "live",
        "log_group": "/aws/bedrock-agentcore/runtimes/analysts-runtime-id-live",
        "role_name": "analysts-role",
        "code_bucket": stored["bucket"],
        "code_key": stored["key"],
    }


def test_references_let_others_run_its_agents_call_its_tools_and_use_its_code(args: AgentRuntimeArgs) -> None:
    found: list[AgentRuntime] = []
    outputs = deploy(lambda: found.append(AgentRuntime("analysts", args))).outputs["analysts"]
    (runtime,) = found

    assert runtime.ref["agents"] == ["explorer", "reporter"]
    assert runtime.ref["lifetime_seconds"] == 28_800
    assert runtime.code_ref["runtime"] == "python3.13"
    own = {*runtime.ref, *runtime.mcp_ref} - {"agents", "lifetime_seconds"}
    assert own == {"arn", "endpoint", "log_group", "role_name"}
    assert own <= set(outputs)
