"""The whole program under mocks: what it creates, exports and permits. Its packages are real, without dependencies."""

import json
import re
import runpy
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from components.stack_config import SettingsError
from tests.components.declared import DEFAULTS
from tests.components.harness import ACCOUNT, API, REGION, RUNTIMES, URL_ID, Deployment, component, deploy

ROOT = Path(__file__).parents[1]
HOST = {"longrun:architecture": "host", "longrun:pythonVersion": "host"}
TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/journal-table"
PAYLOADS = "arn:aws:s3:::journal-payloads-bucket/runs/*"

STACK = "test"
TOKEN_OUTPUTS = {
    "token_issuer": "longrun",
    "token_audience": f"longrun/{STACK}",
    "token_max_seconds": 86_400,
    "signing_secret": f"longrun/{STACK}/token-signing-key",
}

Run = Callable[..., Deployment]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs a copy of the program, built into a folder of its own, with some configuration."""
    folder = tmp_path_factory.mktemp("project")
    for part in ("agents", "contract", "runtime", "tools", "data"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "__main__.py", folder)
    (folder / "requirements").mkdir()
    for entry in ("runtime/agentcore/agent_main.py", "runtime/http/streaming/main.py", "tools/server/tools_main.py"):
        # What starts is tried when it is packed, and without dependencies it would not start.
        (folder / entry).write_text("")
    for agent in (folder / "agents").glob("*.py"):
        agent.write_text("def create_agent(context): ...\n")
    for lock in (ROOT / "requirements").glob("*.txt"):
        (folder / "requirements" / lock.name).touch()

    def program() -> None:
        runpy.run_path(str(folder / "__main__.py"), run_name="__main__")

    def run(config: Mapping[str, str] | None = None) -> Deployment:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("LONGRUN_HOME", str(folder / ".longrun"))
            environment.delenv("PULUMI_CONFIG", raising=False)
            return deploy(program, {**DEFAULTS, **HOST, **(config or {})})

    return run


@pytest.fixture(scope="module")
def deployed(run: Run) -> Deployment:
    return run()


def permissions(deployment: Deployment, role: str) -> dict[str, tuple[list[str], Any]]:
    policy = deployment[f"{role}-policy"].inputs["policy"]
    return {
        statement["Sid"]: (statement["Action"], statement["Resource"]) for statement in json.loads(policy)["Statement"]
    }


def policy(deployment: Deployment, name: str) -> str:
    text: str = deployment[name].inputs["policy"]
    return text


def test_program_creates_these_resources_and_no_others(deployed: Deployment) -> None:
    created = Counter(resource.type for resource in deployed.resources if resource.custom)

    assert created == {
        "aws:apigatewayv2/api:Api": 1,
        "aws:apigatewayv2/integration:Integration": 1,
        "aws:apigatewayv2/route:Route": 9,
        "aws:apigatewayv2/stage:Stage": 1,
        "aws:bedrock/agentcoreAgentRuntime:AgentcoreAgentRuntime": 2,
        "aws:bedrock/agentcoreAgentRuntimeEndpoint:AgentcoreAgentRuntimeEndpoint": 2,
        "aws:cloudwatch/dashboard:Dashboard": 1,
        "aws:cloudwatch/eventBus:EventBus": 1,
        "aws:cloudwatch/eventRule:EventRule": 2,
        "aws:cloudwatch/eventTarget:EventTarget": 2,
        "aws:cloudwatch/logGroup:LogGroup": 10,
        "aws:cloudwatch/logMetricFilter:LogMetricFilter": 11,
        "aws:cloudwatch/metricAlarm:MetricAlarm": 22,
        "aws:dynamodb/table:Table": 1,
        "aws:iam/role:Role": 12,
        "aws:iam/rolePolicy:RolePolicy": 15,
        "aws:lambda/eventSourceMapping:EventSourceMapping": 1,
        "aws:lambda/function:Function": 7,
        "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": 2,
        "aws:lambda/functionUrl:FunctionUrl": 1,
        "aws:lambda/permission:Permission": 4,
        "aws:s3/bucket:Bucket": 3,
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": 1,
        "aws:s3/bucketObjectv2:BucketObjectv2": 6,
        "aws:s3/bucketPolicy:BucketPolicy": 3,
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": 3,
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": 3,
        "aws:scheduler/scheduleGroup:ScheduleGroup": 1,
        "aws:secretsmanager/secret:Secret": 4,
        "aws:sfn/stateMachine:StateMachine": 1,
        "aws:sqs/queue:Queue": 2,
        "aws:sqs/queuePolicy:QueuePolicy": 1,
    }


def test_program_itself_creates_components_only(deployed: Deployment) -> None:
    own = [resource for resource in deployed.resources if resource.parent == "longrun-test"]

    assert sorted(resource.name for resource in own) == [
        "analysts",
        "background",
        "data",
        "journal",
        "operations",
        "secrets",
        "streaming",
        "tools",
        "traced",
    ]
    assert all(component(resource) for resource in own)


def test_exports_are_what_clients_and_operators_need(deployed: Deployment) -> None:
    outputs = dict(deployed.outputs["stack"])
    monitored = {part["component"]: part for part in outputs.pop("monitored")}

    assert sorted(monitored) == ["analysts", "background", "journal", "streaming", "traced"]
    functions = [one["name"].removeprefix("streaming-") for one in monitored["streaming"]["functions"]]
    assert functions == ["gateway", "worker", "closer"]
    assert outputs == {
        "websocket_url": f"wss://api1.execute-api.{REGION}.amazonaws.com/live",
        "region": REGION,
        "authorization": "AWS_IAM",
        **TOKEN_OUTPUTS,
        "table_name": "journal-table",
        "payload_bucket": "journal-payloads-bucket",
        "data_bucket": "data-files-bucket",
        "worker_function": "streaming-worker",
        "worker_log_group": "streaming-worker-logs",
        "gateway_function": "streaming-gateway",
        "gateway_log_group": "streaming-gateway-logs",
        "authorizer_log_group": "",
        "closer_log_group": "streaming-closer-logs",
        "agents": ["data_analyst", "causal_analyst"],
        "event_bus": "background-bus",
        "state_machine": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:background-machine",
        "pipelines": {"analysis": ["explorer", "estimator", "reporter"], "data_analyst": ["data_analyst"]},
        "default_pipeline": "analysis",
        "agent_runtime": f"{RUNTIMES}/analysts-runtime-id",
        "agent_endpoint": "live",
        "agent_log_group": "/aws/bedrock-agentcore/runtimes/analysts-runtime-id-live",
        "tools_runtime": f"{RUNTIMES}/tools-runtime-id",
        "event_door_log_group": "background-event-door-logs",
        "invoker_log_group": "background-invoker-logs",
        "workflow_closer_log_group": "background-workflow-closer-logs",
        "model_id": "us.anthropic.claude-sonnet-4-6",
        "traced_url": f"https://{URL_ID}.lambda-url.{REGION}.on.aws/",
        "traced_function": "traced-function",
        "traced_log_group": "traced-function-logs",
    }


def test_permissions_name_this_programs_own_resources_only(deployed: Deployment) -> None:
    reads = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"]
    writes = ["dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
    journal = {
        "ReadJournal": (reads, TABLE),
        "ReadPayloads": (["s3:GetObject"], PAYLOADS),
        "WriteJournal": (writes, TABLE),
        "PostToConnections": (["execute-api:ManageConnections"], f"{API}/live/POST/@connections/*"),
    }
    data = "arn:aws:s3:::data-files-bucket"

    assert journal.items() <= permissions(deployed, "streaming-gateway").items()
    assert journal.items() <= permissions(deployed, "streaming-closer").items()
    assert {
        **journal,
        "WritePayloads": (["s3:PutObject"], PAYLOADS),
        "KeepSessions": (["s3:GetObject", "s3:PutObject"], PAYLOADS.replace("runs", "sessions")),
        "MissSessions": (["s3:ListBucket"], PAYLOADS.removesuffix("/runs/*")),
        "ListFiles": (["s3:ListBucket"], data),
        "ReadFiles": (["s3:GetObject"], f"{data}/*"),
    }.items() <= permissions(deployed, "streaming-worker").items()


def test_functions_of_the_stream_have_no_permission_but_those_that_they_use(deployed: Deployment) -> None:
    journal = {"ReadJournal", "ReadPayloads", "WriteJournal", "PostToConnections"}
    basics = {*journal, "WriteLogs", "WriteTraces"}
    model = {"InvokeProfile", "InvokeModelThroughProfile"}

    assert set(permissions(deployed, "streaming-gateway")) == basics | {"InvokeWorker", "ListRunFiles"}
    assert set(permissions(deployed, "streaming-closer")) == basics | {
        "ConsumeFailures",
        "InvokeWorker",
        "KeepSessions",
        "MissSessions",
    }
    assert set(permissions(deployed, "streaming-worker")) == basics | model | {
        "SetTimers",
        "PassTimersRole",
        "WritePayloads",
        "KeepSessions",
        "MissSessions",
        "ListFiles",
        "ReadFiles",
        "SendFailures",
        "CallMcpServers",
    }


def test_agents_on_agentcore_may_do_what_the_worker_may_but_read_conversations_and_tools_may_not(
    deployed: Deployment,
) -> None:
    own = {"KeepLogGroups", "ListLogGroups", "StopOwnSessions", "WriteLogs", "WriteMetrics", "WriteTraces"}
    analysts, tools = permissions(deployed, "analysts"), permissions(deployed, "tools")
    worker = permissions(deployed, "streaming-worker")
    shared = set(worker) - {
        *("SendFailures", "WriteLogs", "WriteTraces", "KeepSessions", "MissSessions"),
        *("SetTimers", "PassTimersRole"),
    }

    assert set(analysts) == own | shared | {"MissFiles"}
    assert not any("sessions" in str(resource) for _, resource in analysts.values())
    assert {sid: analysts[sid] for sid in shared} == {sid: worker[sid] for sid in shared}
    assert set(tools) == own | {"KeepRunFiles", "ListRunFiles", "ListFiles", "ReadFiles"}
    assert tools["KeepRunFiles"] == (
        ["s3:GetObject", "s3:PutObject"],
        "arn:aws:s3:::journal-payloads-bucket/runs/*/files/*",
    )


def test_functions_of_a_workflow_may_keep_the_journal_and_do_their_own_part(deployed: Deployment) -> None:
    basics = {"ReadJournal", "ReadPayloads", "WriteJournal", "WriteLogs", "WriteTraces"}
    own = {
        "event-door": set[str](),
        "invoker": {"InvokeAgents"},
        "workflow-closer": {"StopSessions", "ReadLastLines", "PostToConnections", "SendFailures"},
    }

    assert {role: set(permissions(deployed, f"background-{role}")) - basics for role in own} == own


def test_one_zip_serves_both_runtimes(deployed: Deployment) -> None:
    tools, analysts = (deployed[f"{name}-runtime"].inputs for name in ("tools", "analysts"))
    first, second = (runtime["agentRuntimeArtifact"]["codeConfiguration"] for runtime in (tools, analysts))

    assert first["code"] == second["code"]
    assert (first["entryPoints"], second["entryPoints"]) == (["tools_main.py"], ["agent_main.py"])
    assert (tools["protocolConfiguration"], analysts["protocolConfiguration"]) == (
        {"serverProtocol": "MCP"},
        {"serverProtocol": "HTTP"},
    )


def test_every_background_agent_is_hosted_and_gets_the_address_of_the_tools(deployed: Deployment) -> None:
    variables = deployed["analysts-runtime"].inputs["environmentVariables"]
    worker = deployed["streaming-worker"].inputs["environment"]["variables"]

    assert variables["LONGRUN_AGENTS"] == "explorer,estimator,reporter,data_analyst"
    assert json.loads(variables["LONGRUN_MCP_RUNTIMES"]) == {
        "analysis": {"arn": f"{RUNTIMES}/tools-runtime-id", "endpoint": "live"}
    }
    assert worker["LONGRUN_MCP_RUNTIMES"] == variables["LONGRUN_MCP_RUNTIMES"]


def test_every_call_that_the_runtime_makes_to_the_table_is_allowed(deployed: Deployment) -> None:
    source = (ROOT / "runtime" / "journal" / "table.py").read_text()
    calls = {call for call in re.findall(r"_client\.(\w+)[(,]", source) if not call.startswith("transact")}
    needed = {"dynamodb:" + "".join(word.capitalize() for word in call.split("_")) for call in calls}
    statements = permissions(deployed, "streaming-gateway")

    assert needed
    assert needed <= {*statements["ReadJournal"][0], *statements["WriteJournal"][0]}


def test_handlers_name_functions_that_are_in_their_packages(deployed: Deployment) -> None:
    for name in deployed.names("aws:lambda/function:Function"):
        function = deployed[name].inputs
        module, _, attribute = function["handler"].rpartition(".")
        source = Path(function["code"].path).parent / "tree" / f"{module.replace('.', '/')}.py"

        assert re.search(rf"^(?:def {attribute}\(|{attribute} = )", source.read_text(), re.MULTILINE)


def test_every_file_of_the_data_folder_is_uploaded(deployed: Deployment) -> None:
    uploaded = [
        deployed[name].inputs["key"]
        for name in deployed.names("aws:s3/bucketObjectv2:BucketObjectv2")
        if name.startswith("data-")
    ]

    assert uploaded == sorted(file.name for file in (ROOT / "data").iterdir())


def test_configuration_reaches_the_resources(run: Run) -> None:
    deployment = run(
        {
            "longrun:workerMemory": "2048",
            "longrun:runRetentionDays": "7",
            "longrun:logRetentionDays": "30",
            "longrun:authorization": "NONE",
            "longrun:throttleRate": "5",
            "longrun:throttleBurst": "9",
            "longrun:mcpServers": '["https://tools1.example.com/mcp", "https://tools2.example.com/mcp"]',
            "longrun:tags": '{"team": "research"}',
            "longrun:retainData": "true",
        }
    )
    worker = deployment["streaming-worker"].inputs

    assert worker["memorySize"] == 2048
    assert worker["environment"]["variables"]["LONGRUN_RETENTION_DAYS"] == "7"
    assert (
        worker["environment"]["variables"]["LONGRUN_MCP_SERVERS"]
        == "https://tools1.example.com/mcp,https://tools2.example.com/mcp"
    )
    assert worker["tags"]["team"] == "research"
    assert deployment["streaming-worker-logs"].inputs["retentionInDays"] == 30
    assert deployment["streaming-route-connect"].inputs["authorizationType"] == "NONE"
    assert deployment["streaming-stage"].inputs["defaultRouteSettings"] == {
        "throttlingRateLimit": 5,
        "throttlingBurstLimit": 9,
    }
    assert deployment["journal-table"].retained


def test_a_stack_with_tokens_asks_its_own_authorizer_at_connect_and_nobody_else_reads_its_key(run: Run) -> None:
    deployment = run(
        {"longrun:authorization": "JWT", "longrun:tokenAudience": "console", "longrun:tokenMaxSeconds": "600"}
    )
    route = deployment["streaming-route-connect"].inputs
    variables = deployment["streaming-authorizer"].inputs["environment"]["variables"]
    key = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:longrun/{STACK}/token-signing-key-AbCdEf"

    assert (route["authorizationType"], route["authorizerId"]) == ("CUSTOM", "streaming-token-authorizer-id")
    assert json.loads(variables["LONGRUN_TOKENS"]) == {
        "audience": "console",
        "max_seconds": 600,
        "signing_secret": key,
    }
    assert permissions(deployment, "streaming-authorizer")["ReadSigningKey"] == (["secretsmanager:GetSecretValue"], key)
    readers = {
        name for name in deployment.names("aws:iam/rolePolicy:RolePolicy") if "secretsm" in policy(deployment, name)
    }
    assert readers == {"streaming-authorizer-policy"}
    assert deployment["streaming-gateway"].inputs["environment"]["variables"]["LONGRUN_AUTHORIZATION"] == "JWT"
    assert deployment.outputs["stack"]["authorizer_log_group"] == "streaming-authorizer-logs"


def test_an_openai_model_has_its_key_in_the_stacks_own_secret_unless_another_is_named(run: Run) -> None:
    other = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:mine-AbCdEf"
    model = {"longrun:modelProvider": "openai", "longrun:modelId": "gpt"}
    own, named = run(model), run({**model, "longrun:modelSecretArn": other})
    pattern = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:longrun/{STACK}/model-provider-key-??????"

    for deployment, secret, arn in ((own, f"longrun/{STACK}/model-provider-key", pattern), (named, other, other)):
        for reader, variables in (
            ("streaming-worker", deployment["streaming-worker"].inputs["environment"]["variables"]),
            ("analysts", deployment["analysts-runtime"].inputs["environmentVariables"]),
        ):
            assert variables["LONGRUN_MODEL_SECRET"] == secret
            assert permissions(deployment, reader)["ReadModelKey"] == (["secretsmanager:GetSecretValue"], arn)


def test_configuration_of_background_runs_reaches_the_resources(run: Run) -> None:
    deployment = run(
        {
            "longrun:pipelines": '{"short": ["data_analyst"]}',
            "longrun:agentTimeoutSeconds": "600",
            "longrun:workflowTimeoutSeconds": "900",
            "longrun:heartbeatLimitSeconds": "30",
            "longrun:pollSeconds": "5",
            "longrun:pollMaxSeconds": "20",
            "longrun:sessionIdleSeconds": "120",
            "longrun:sessionLifetimeSeconds": "3600",
            "longrun:tracesEndpoint": "https://otel.example.com",
        }
    )
    analysts = deployment["analysts-runtime"].inputs
    machine = deployment["background-machine"].inputs["definition"]

    assert analysts["environmentVariables"]["LONGRUN_AGENTS"] == "data_analyst"
    assert analysts["environmentVariables"]["OTEL_EXPORTER_OTLP_ENDPOINT"] == "https://otel.example.com"
    assert analysts["lifecycleConfigurations"] == [{"idleRuntimeSessionTimeout": 120, "maxLifetime": 3_600}]
    assert "$max([5, $min([20, " in machine
    assert "> 30000 " in machine
    assert "$agent_waited >= 600 or $waited >= 900" in machine
    assert ".waitForTaskToken" not in json.dumps(json.loads(machine)["States"]["Invoke"])


def test_completion_by_callback_reaches_the_machine(run: Run) -> None:
    deployment = run({"longrun:completion": "callback"})

    machine = json.loads(deployment["background-machine"].inputs["definition"])
    assert ".waitForTaskToken" in machine["States"]["Invoke"]["Resource"]
    assert deployment["background-host-1-report-policy"].inputs["role"] == "analysts-role"


def test_two_runs_of_the_program_ask_for_the_same(deployed: Deployment, run: Run) -> None:
    def asked(deployment: Deployment) -> dict[str, str]:
        return {resource.name: repr(sorted(resource.inputs.items(), key=_key)) for resource in deployment.resources}

    def _key(item: tuple[str, object]) -> str:
        return item[0]

    first, second = asked(deployed), asked(run())
    with_archives = {name for name in first if " object at 0x" in first[name]}

    assert first.keys() == second.keys()
    assert [name for name in first if name not in with_archives and first[name] != second[name]] == []
    assert {deployed[name].inputs["code"].path for name in with_archives if "code" in deployed[name].inputs} == {
        run()[name].inputs["code"].path for name in with_archives if "code" in deployed[name].inputs
    }


def test_unknown_key_stops_the_program_before_anything_is_built(run: Run) -> None:
    with pytest.raises(SettingsError, match="longrun:workerMemmory is unknown; known, the nearest first: workerMemory"):
        run({"longrun:workerMemmory": "2048"})


def test_model_of_another_region_stops_the_program_before_it_creates_anything(run: Run) -> None:
    with pytest.raises(
        SettingsError, match=r"longrun:modelId is us\.anthropic.*; allowed: model ids that start with eu"
    ):
        run({"aws:region": "eu-west-1", "longrun:modelId": "us.anthropic.claude-sonnet-4-6"})


WORKFLOW = {
    "longrun:toolImage": "registry.example.com/tools@sha256:" + "0" * 64,
    "longrun:taskSubnets": '["subnet-12345678"]',
    "longrun:taskSecurityGroups": '["sg-12345678"]',
}


def test_a_stack_without_an_image_for_its_tools_has_no_workflow(deployed: Deployment) -> None:
    assert not [resource.name for resource in deployed.resources if resource.name.startswith("react")]
    assert "workflow_state_machine" not in deployed.outputs["stack"]


def test_with_an_image_the_ten_functions_and_the_machine_have_the_stacks_names(run: Run) -> None:
    deployed = run(WORKFLOW | {"longrun:namePrefix": "causal-analysis-dev"})
    names = {str(resource.inputs.get("name")) for resource in deployed.resources}

    assert {
        f"causal-analysis-dev-{name}"
        for name in (
            "websocket-handler",
            "parse-initial-query",
            "invoke-llm",
            "dispatch-tool",
            "data-query",
            "send-prompt",
            "append-tool-output",
            "handle-finish",
            "handle-error",
            "handle-timeout",
            "agent-sm",
        )
    } <= names
    assert deployed.outputs["stack"]["workflow_state_machine"].endswith(":stateMachine:causal-analysis-dev-agent-sm")
    assert deployed.outputs["stack"]["workflow_functions"]["invoke-llm"] == "causal-analysis-dev-invoke-llm"


def test_a_run_of_the_workflow_and_its_questions_do_not_outlast_the_journal(run: Run) -> None:
    deployed = run(WORKFLOW | {"longrun:runRetentionDays": "1"})
    states = json.loads(deployed["react-machine"].inputs["definition"])

    assert states["TimeoutSeconds"] == 86_400
    assert states["States"]["Tools"]["Assign"]["wait_seconds"].endswith(" : 43200 %}")


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ({"longrun:toolImage": "tools:latest"}, "longrun:toolImage"),
        ({"longrun:workflowTurnLimit": "201"}, "longrun:workflowTurnLimit is 201; allowed: 1 to 200 turns"),
        ({"longrun:workflowCostBudget": "a"}, "longrun:workflowCostBudget is 'a'; allowed: 0 to 10,000 USD"),
        ({"longrun:workflowCostBudget": "0.5"}, "longrun:inputTokenPrice is 0; workflowCostBudget needs"),
        ({"longrun:taskSubnets": '["subnet-12345678"]'}, "longrun:taskSubnets and taskSecurityGroups belong together"),
    ],
    ids=["image", "turns", "budget", "prices", "network"],
)
def test_settings_of_the_workflow_that_cannot_work_are_rejected(
    run: Run, config: Mapping[str, str], problem: str
) -> None:
    with pytest.raises(SettingsError, match=re.escape(problem)):
        run(config)
