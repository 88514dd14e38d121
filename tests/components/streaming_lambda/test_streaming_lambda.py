"""StreamingLambda: what is deployed, in which order, and what each function may do."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from components.data_bucket.permissions import read_files
from components.journal_table.permissions import write_runs
from components.streaming_lambda import StreamingLambdaArgs
from tests.components.harness import ACCOUNT, API, REGION, Deployment
from tests.components.references import DATA_ARN, PAYLOADS, RECORD_RUNS, TABLE, by_sid, code

FUNCTION = "aws:lambda/function:Function"
ROUTE = "aws:apigatewayv2/route:Route"
DeployWith = Callable[[Any], Deployment]


def permissions(deployment: Deployment, role: str) -> dict[str, dict[str, Any]]:
    """The statements of a function's role by sid, effect and sid left out."""
    statements = json.loads(deployment[f"streaming-{role}-policy"].inputs["policy"])["Statement"]
    return {
        statement["Sid"]: {key: value for key, value in statement.items() if key not in {"Sid", "Effect"}}
        for statement in statements
        if statement["Effect"] == "Allow"
    }


def variables(deployment: Deployment, role: str) -> dict[str, str]:
    found: dict[str, str] = deployment[f"streaming-{role}"].inputs["environment"]["variables"]
    return found


def shared_permissions(role: str) -> dict[str, dict[str, Any]]:
    return {
        "WriteLogs": {
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:streaming-{role}-logs:*",
        },
        "WriteTraces": {"Action": ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], "Resource": "*"},
        "PostToConnections": {
            "Action": ["execute-api:ManageConnections"],
            "Resource": f"{API}/live/POST/@connections/*",
        },
    }


def test_functions_have_the_limits_that_their_work_needs(deployed: Deployment) -> None:
    limits = {
        name: (deployed[name].inputs["timeout"], deployed[name].inputs["memorySize"], deployed[name].inputs["handler"])
        for name in deployed.names(FUNCTION)
    }

    assert limits == {
        "streaming-closer": (60, 256, "runtime.dead_letter.function.handler"),
        "streaming-gateway": (29, 512, "runtime.gateway.function.handler"),
        "streaming-worker": (900, 1024, "runtime.worker.function.handler"),
    }


@pytest.mark.parametrize("role", ["gateway", "worker", "closer"])
def test_function_waits_for_its_permissions_and_its_log_group(deployed: Deployment, role: str) -> None:
    function = deployed[f"streaming-{role}"]

    assert {f"streaming-{role}-policy", f"streaming-{role}-logs"} <= function.dependencies
    assert function.inputs["loggingConfig"] == {"logFormat": "Text", "logGroup": f"streaming-{role}-logs"}
    assert function.inputs["tracingConfig"] == {"mode": "Active"}
    assert function.inputs["tags"]["longrun:role"] == role
    assert deployed[f"streaming-{role}-logs"].inputs["retentionInDays"] == 14


def test_gateway_may_record_runs_invoke_its_worker_and_post_to_its_connections(deployed: Deployment) -> None:
    worker = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:streaming-worker"

    assert permissions(deployed, "gateway") == {
        **shared_permissions("gateway"),
        **RECORD_RUNS,
        "InvokeWorker": {
            "Action": ["lambda:GetFunctionConfiguration", "lambda:InvokeFunction"],
            "Resource": worker,
        },
        "ListRunFiles": {
            "Action": ["s3:ListBucket"],
            "Resource": "arn:aws:s3:::payloads",
            "Condition": {"StringLike": {"s3:prefix": "runs/*"}},
        },
    }


def test_dead_letter_handler_may_record_runs_keep_sessions_read_its_queue_and_post_to_its_connections(
    deployed: Deployment,
) -> None:
    assert permissions(deployed, "closer") == {
        **shared_permissions("closer"),
        **RECORD_RUNS,
        "KeepSessions": {
            "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": "arn:aws:s3:::payloads/sessions/*",
        },
        "MissSessions": {"Action": ["s3:ListBucket"], "Resource": "arn:aws:s3:::payloads"},
        "ConsumeFailures": {
            "Action": ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
            "Resource": f"arn:aws:sqs:{REGION}:{ACCOUNT}:streaming-failures",
        },
        "InvokeWorker": {
            "Action": ["lambda:InvokeFunction"],
            "Resource": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:streaming-worker",
        },
    }


def test_worker_may_call_the_configured_model_and_no_other(deployed: Deployment) -> None:
    profile = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:inference-profile/us.anthropic.claude-sonnet-4-6"
    calls = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]

    assert permissions(deployed, "worker") == {
        **shared_permissions("worker"),
        **by_sid(write_runs(TABLE, PAYLOADS)),
        **by_sid(read_files(DATA_ARN)),
        "SendFailures": {
            "Action": ["sqs:SendMessage"],
            "Resource": f"arn:aws:sqs:{REGION}:{ACCOUNT}:streaming-failures",
        },
        "SetTimers": {
            "Action": ["scheduler:CreateSchedule"],
            "Resource": f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/streaming-timers/*",
        },
        "PassTimersRole": {
            "Action": ["iam:PassRole"],
            "Resource": f"arn:aws:iam::{ACCOUNT}:role/streaming-timers-role",
            "Condition": {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}},
        },
        "InvokeProfile": {"Action": calls, "Resource": profile},
        "InvokeModelThroughProfile": {
            "Action": calls,
            "Resource": "arn:aws:bedrock:*::foundation-model/anthropic.claude-sonnet-4-6",
            "Condition": {"StringEquals": {"bedrock:InferenceProfileArn": profile}},
        },
    }


def test_timers_may_invoke_the_worker_for_this_group_only(deployed: Deployment) -> None:
    role = deployed["streaming-timers-role"].inputs["assumeRolePolicy"]
    (granted,) = json.loads(deployed["streaming-timers-policy"].inputs["policy"])["Statement"]

    (trust,) = json.loads(role)["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"]["ArnLike"] == {
        "aws:SourceArn": f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group/streaming-timers"
    }
    assert (granted["Action"], granted["Resource"]) == (
        ["lambda:InvokeFunction"],
        f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:streaming-worker",
    )


def test_worker_with_another_models_server_reads_its_key_and_may_not_use_bedrock(deploy_with: DeployWith) -> None:
    secret = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:key-AbCdEf"
    deployment = deploy_with({"model": {"provider": "openai", "model_id": "gpt", "secret_arn": secret}})
    granted = permissions(deployment, "worker")

    assert granted["ReadModelKey"] == {"Action": ["secretsmanager:GetSecretValue"], "Resource": secret}
    assert not any("bedrock" in action for statement in granted.values() for action in statement["Action"])
    assert variables(deployment, "worker")["LONGRUN_MODEL_SECRET"] == secret


def test_model_server_without_a_key_needs_no_secret(deploy_with: DeployWith) -> None:
    deployment = deploy_with({"model": {"provider": "openai", "model_id": "m", "url": "https://models.example.com/v1"}})

    assert "ReadModelKey" not in permissions(deployment, "worker")


def test_failed_invocations_are_not_repeated_and_reach_the_dead_letter_handler(deployed: Deployment) -> None:
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:streaming-failures"
    invocation = deployed["streaming-worker-invocation"]
    source = deployed["streaming-closer-source"]

    assert invocation.inputs["maximumRetryAttempts"] == 0
    assert invocation.inputs["maximumEventAgeInSeconds"] == 900
    assert invocation.inputs["destinationConfig"] == {"onFailure": {"destination": queue}}
    assert "streaming-worker-policy" in invocation.dependencies
    assert source.inputs["eventSourceArn"] == queue
    assert source.inputs["batchSize"] == 1, "a lost run that takes all of the time keeps no other from its end"
    assert source.inputs["functionResponseTypes"] == ["ReportBatchItemFailures"]
    assert "streaming-closer-policy" in source.dependencies


def test_message_is_not_delivered_again_while_the_dead_letter_handler_has_it(deployed: Deployment) -> None:
    visible = deployed["streaming-failures"].inputs["visibilityTimeoutSeconds"]

    assert visible >= 6 * deployed["streaming-closer"].inputs["timeout"]


def test_every_route_leads_to_the_gateway_and_connect_is_signed(deployed: Deployment) -> None:
    routes = {deployed[name].inputs["routeKey"]: deployed[name].inputs for name in deployed.names(ROUTE)}

    assert set(routes) == {"$connect", "$disconnect", "$default", "start", "resume", "cancel", "answer", "ping", "runs"}
    assert all(route["target"] == "integrations/int1" for route in routes.values())
    assert {key for key, route in routes.items() if route["authorizationType"] == "AWS_IAM"} == {"$connect"}


def test_integration_ends_within_the_gateways_limit_and_may_invoke_from_its_first_call(deployed: Deployment) -> None:
    integration = deployed["streaming-integration"]

    assert integration.inputs["timeoutMilliseconds"] == 29_000
    assert "streaming-invoke-permission" in integration.dependencies
    assert deployed["streaming-invoke-permission"].inputs["sourceArn"] == f"{API}/*/*"


def test_stage_has_both_throttling_numbers_and_waits_for_every_route(deployed: Deployment) -> None:
    stage = deployed["streaming-stage"]

    assert stage.inputs["defaultRouteSettings"] == {"throttlingRateLimit": 500, "throttlingBurstLimit": 1000}
    assert stage.inputs["autoDeploy"] is True
    assert set(deployed.names(ROUTE)) <= stage.dependencies


def test_functions_get_the_addresses_to_record_and_to_post_to(deployed: Deployment) -> None:
    shared = {
        "LONGRUN_TABLE": "runs",
        "LONGRUN_PAYLOAD_BUCKET": "payloads",
        "LONGRUN_RETENTION_DAYS": "7",
        "LONGRUN_CALLBACK_URL": f"https://api1.execute-api.{REGION}.amazonaws.com/live",
    }

    assert variables(deployed, "closer") == {**shared, "LONGRUN_WORKER_FUNCTION": "streaming-worker"}
    assert variables(deployed, "gateway") == {
        **shared,
        "LONGRUN_AGENTS": "data_analyst,helper",
        "LONGRUN_AUTHORIZATION": "AWS_IAM",
        "LONGRUN_RUN_TIMEOUT": "1800",
        "LONGRUN_WORKER_FUNCTION": "streaming-worker",
    }
    assert variables(deployed, "worker") == {
        **shared,
        "LONGRUN_AGENTS": "data_analyst,helper",
        "LONGRUN_DATA_BUCKET": "data",
        "LONGRUN_DEADLINE_MARGIN": "30",
        "LONGRUN_MODEL_ID": "us.anthropic.claude-sonnet-4-6",
        "LONGRUN_MODEL_PROVIDER": "bedrock",
        "LONGRUN_MODEL_REGION": REGION,
        "LONGRUN_QUESTION_TIMEOUT": "86400",
        "LONGRUN_QUESTION_TIMERS": json.dumps(
            {"group": "streaming-timers", "role": f"arn:aws:iam::{ACCOUNT}:role/streaming-timers-role"}
        ),
    }


def test_own_address_is_used_for_clients_and_for_posting(deploy_with: DeployWith) -> None:
    deployment = deploy_with({"websocket_url": "ws://127.0.0.1:4600/_aws/execute-api/{apiId}/{stage}"})

    outputs = deployment.outputs["streaming"]
    assert outputs["websocket_url"] == "ws://127.0.0.1:4600/_aws/execute-api/api1/live"
    assert variables(deployment, "worker")["LONGRUN_CALLBACK_URL"] == "http://127.0.0.1:4600/_aws/execute-api/api1/live"


def test_outputs_name_what_a_client_and_an_operator_need(deployed: Deployment) -> None:
    assert deployed.outputs["streaming"] == {
        "websocket_url": f"wss://api1.execute-api.{REGION}.amazonaws.com/live",
        "callback_url": f"https://api1.execute-api.{REGION}.amazonaws.com/live",
        "connections_arn": f"{API}/live/POST/@connections/*",
        "gateway_function": "streaming-gateway",
        "gateway_log_group": "streaming-gateway-logs",
        "gateway_role": "streaming-gateway-role",
        "worker_function": "streaming-worker",
        "worker_log_group": "streaming-worker-logs",
        "dead_letter_log_group": "streaming-closer-logs",
        "authorizer_log_group": "",
        "stream_url": "",
        "stream_function": "",
    }


def test_small_package_is_given_in_the_call(deployed: Deployment, args: StreamingLambdaArgs) -> None:
    assert deployed["streaming-worker"].inputs["code"].path == args["worker"]["path"]
    assert deployed.names("aws:s3/bucket:Bucket") == []


def test_package_over_the_limit_goes_through_a_private_bucket(deploy_with: DeployWith, large_package: Path) -> None:
    deployment = deploy_with({"worker": code(large_package)})
    stored = deployment["streaming-worker-code"].inputs
    worker = deployment["streaming-worker"].inputs

    assert "code" not in worker
    assert (worker["s3Bucket"], worker["s3Key"]) == (stored["bucket"], stored["key"])
    assert stored["source"].path == str(large_package)
    assert deployment.names("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock") == [
        "streaming-code-public-access"
    ]
    assert "code" in deployment["streaming-gateway"].inputs


def test_key_of_a_stored_package_changes_with_its_content(deploy_with: DeployWith, large_package: Path) -> None:
    before = deploy_with({"worker": code(large_package)})
    with large_package.open("r+b") as file:
        file.write(b"changed")
    after = deploy_with({"worker": code(large_package)})

    assert before["streaming-worker"].inputs["s3Key"] != after["streaming-worker"].inputs["s3Key"]


@pytest.mark.parametrize("role", ["gateway", "worker"])
def test_spans_go_to_the_collector_that_is_named_and_nowhere_else(
    deployed: Deployment, deploy_with: DeployWith, role: str
) -> None:
    keys = {"name": "keys", "arn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:keys"}
    traced = deploy_with({"traces_endpoint": "https://otel.example.com/v1/traces", "traces_keys": keys})

    assert variables(traced, role)["OTEL_EXPORTER_OTLP_ENDPOINT"] == "https://otel.example.com"
    assert variables(traced, role)["LONGRUN_TRACING_KEYS"] == keys["arn"]
    assert permissions(traced, role)["ReadTracingKeys"]["Resource"] == keys["arn"]
    assert not [name for name in variables(deployed, role) if name.startswith("OTEL_")]
    assert "ReadTracingKeys" not in permissions(deployed, role)
