"""Settings: the stack's configuration, typed; every problem is reported with key and value."""

import contextvars
import dataclasses
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from pulumi.runtime import set_all_config

from components.agent_runtime.args import DEFAULT_IDLE, DEFAULT_LIFETIME
from components.build_context import DEFAULT_LOG_RETENTION
from components.default_model import default_model
from components.functions.function_url import DEFAULT_AUTHORIZATION as URL_AUTHORIZATION
from components.polling_workflow.args import DEFAULT_COMPLETION
from components.polling_workflow.args import DEFAULTS as WORKFLOW_DEFAULTS
from components.stack_config import Settings, SettingsError
from components.stack_config.ranges import RANGES
from components.stack_config.reader import nearest_first
from components.streaming_lambda.args import (
    DEFAULT_AUTHORIZATION,
    DEFAULT_DEADLINE_MARGIN,
    DEFAULT_RESPONSE_SECONDS,
    DEFAULT_THROTTLE_BURST,
    DEFAULT_THROTTLE_RATE,
    DEFAULT_WORKER_MEMORY,
)
from components.traced_function.args import DEFAULT_CONCURRENCY
from tests.components.declared import DECLARED, DEFAULTS, ROOT, as_text

TYPES = {"array": tuple, "boolean": bool, "integer": int, "object": dict, "string": str}


@pytest.fixture(autouse=True)
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PULUMI_CONFIG", raising=False)


def read(config: Mapping[str, str], root: Path = ROOT, defaults: Mapping[str, str] = DEFAULTS) -> Settings:
    def run() -> Settings:
        set_all_config({"aws:region": "us-east-1", **defaults, **config})
        return Settings.read(root)

    return contextvars.copy_context().run(run)


def problem(**config: str) -> str:
    with pytest.raises(SettingsError) as rejected:
        read({f"longrun:{key}": value for key, value in config.items()})
    assert rejected.value.code == "INVALID_CONFIG"
    return str(rejected.value)


def key_of(field: str) -> str:
    return re.sub(r"_(\w)", lambda match: match[1].upper(), field)


def values(settings: Settings) -> dict[str, object]:
    """The values of all keys; those of parts that a stack may leave out are objects of their own."""
    found = {
        key_of(field.name): getattr(part, field.name)
        for part in (settings, settings.react, settings.traced, settings.stream)
        for field in dataclasses.fields(part)
    }
    del found["react"], found["traced"], found["stream"]
    return found


def test_fields_and_declared_keys_are_the_same() -> None:
    assert values(read({})).keys() - {"region"} == set(DECLARED)


@pytest.mark.parametrize("key", DECLARED)
def test_key_without_a_value_is_reported(key: str) -> None:
    others = {name: text for name, text in DEFAULTS.items() if name != f"longrun:{key}"}

    with pytest.raises(SettingsError) as found:
        read({}, defaults=others)

    assert found.value.problems == (f"configuration longrun:{key} has no value; Pulumi.yaml declares its default",)


@pytest.mark.parametrize("key", [key for key in DECLARED if DECLARED[key]["type"] == "integer"])
def test_described_range_is_the_one_that_is_checked(key: str) -> None:
    description = DECLARED[key]["description"]
    if key == "logRetentionDays":
        assert "one of the periods that CloudWatch Logs accepts" in description
        return
    bounds = re.search(r"(\w+) to (\w+)", description)
    assert bounds, "the description states the range"
    low, high = (DECLARED_RANGES.get(bound, bound) for bound in bounds.groups())

    assert (low, high) == (str(RANGES[key].minimum), str(RANGES[key].maximum))


DECLARED_RANGES = {key: str(allowed.minimum) for key, allowed in RANGES.items()}
"""A bound may be another key, whose own range begins no lower; that they fit together is a component's check."""


@pytest.mark.parametrize(
    ("key", "default"),
    [
        ("agentTimeoutSeconds", WORKFLOW_DEFAULTS.agent),
        ("workflowTimeoutSeconds", WORKFLOW_DEFAULTS.workflow),
        ("heartbeatLimitSeconds", WORKFLOW_DEFAULTS.heartbeat),
        ("pollSeconds", WORKFLOW_DEFAULTS.poll),
        ("pollMaxSeconds", WORKFLOW_DEFAULTS.poll_max),
        ("completion", DEFAULT_COMPLETION),
        ("sessionIdleSeconds", DEFAULT_IDLE),
        ("sessionLifetimeSeconds", DEFAULT_LIFETIME),
        ("workerMemory", DEFAULT_WORKER_MEMORY),
        ("deadlineMarginSeconds", DEFAULT_DEADLINE_MARGIN),
        ("throttleRate", DEFAULT_THROTTLE_RATE),
        ("throttleBurst", DEFAULT_THROTTLE_BURST),
        ("authorization", DEFAULT_AUTHORIZATION),
        ("logRetentionDays", DEFAULT_LOG_RETENTION),
        ("tracedAuthorization", URL_AUTHORIZATION),
        ("tracedConcurrency", DEFAULT_CONCURRENCY),
        ("streamAuthorization", URL_AUTHORIZATION),
        ("streamResponseSeconds", DEFAULT_RESPONSE_SECONDS),
    ],
)
def test_program_and_component_have_the_same_default(key: str, default: object) -> None:
    assert DECLARED[key]["default"] == default


@pytest.mark.parametrize("key", DECLARED)
def test_default_and_type_are_those_of_pulumi_yaml(key: str) -> None:
    defaults = values(read({}))
    declared = DECLARED[key]

    assert isinstance(defaults[key], TYPES[declared["type"]])
    chosen = {"modelId": default_model("us-east-1")}.get(key, declared["default"])
    assert json.loads(json.dumps(defaults[key])) == chosen
    assert declared["description"]


@pytest.mark.parametrize("key", DECLARED)
def test_every_default_is_accepted_as_a_value(key: str) -> None:
    assert read({f"longrun:{key}": as_text(DECLARED[key]["default"])}) == read({})


def test_values_of_every_type_are_read() -> None:
    settings = read(
        {
            "longrun:workerMemory": "2048",
            "longrun:retainData": "true",
            "longrun:mcpServers": '["https://tools.example.com/mcp"]',
            "longrun:tags": '{"team": "research", "cost-center": 1234, "share": 0.5, "billed": true}',
            "longrun:modelProvider": "openai",
            "longrun:modelUrl": "https://models.example.com/v1",
            "longrun:modelId": "gpt-5",
        }
    )

    assert (settings.worker_memory, settings.retain_data) == (2048, True)
    assert settings.mcp_servers == ("https://tools.example.com/mcp",)
    assert settings.tags == {"team": "research", "cost-center": "1234", "share": "0.5", "billed": "true"}
    assert settings.model_provider == "openai"


def test_a_model_that_is_named_stays_whatever_the_region() -> None:
    assert read({"longrun:modelId": "global.amazon.nova-2-pro-v1:0"}).model_id == "global.amazon.nova-2-pro-v1:0"


def test_openai_has_no_model_by_default() -> None:
    assert "longrun:modelId is ''; give a model's id" in problem(modelProvider="openai")


def test_a_stack_in_china_is_warned_of_the_models_that_bedrock_lacks_there(capsys: pytest.CaptureFixture[str]) -> None:
    read({"aws:region": "eu-central-1"})
    assert capsys.readouterr().err == ""

    settings = read({"aws:region": "cn-north-1"})

    assert settings.model_id == "anthropic.claude-sonnet-4-6"
    assert "Amazon Bedrock has no models in cn-north-1" in capsys.readouterr().err


def test_agents_of_pipelines_are_each_hosted_once() -> None:
    settings = read({"longrun:pipelines": '{"a": ["explorer", "reporter"], "b": ["reporter", "data_analyst"]}'})

    assert settings.background_agents == ["explorer", "reporter", "data_analyst"]


@pytest.mark.parametrize(
    ("config", "default"),
    [
        ({}, "analysis"),
        ({"longrun:pipelines": '{"b": ["reporter"], "a": ["explorer"]}'}, "a"),
        ({"longrun:pipelines": '{"b": ["reporter"], "a": ["explorer"]}', "longrun:defaultPipeline": "b"}, "b"),
    ],
)
def test_default_pipeline_is_the_one_configured_or_else_the_first_by_name(config: dict[str, str], default: str) -> None:
    assert read(config).first_choice == default


@pytest.mark.parametrize(("asked", "built"), [("arm64", "arm64"), ("x86_64", "arm64"), ("host", "host")])
def test_agentcore_has_one_cpu_but_in_the_sandbox(asked: str, built: str) -> None:
    assert read({"longrun:architecture": asked}).agentcore_architecture == built


def test_unknown_key_is_rejected_with_the_nearest_known_first() -> None:
    message = problem(workerMemorie="2048")

    assert "longrun:workerMemorie is unknown; known, the nearest first: workerMemory, " in message
    assert all(key in message for key in DECLARED)


def test_unknown_key_of_the_engines_environment_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps({"longrun:agent": "x"}))

    with pytest.raises(SettingsError, match="longrun:agent is unknown; known, the nearest first: agents, "):
        read({})


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("workerMemory", "much", "longrun:workerMemory is 'much'; give a whole number, 1,024 to 10,240 MB"),
        ("workerMemory", "64", "longrun:workerMemory is 64; allowed: 1,024 to 10,240 MB"),
        ("throttleRate", "0", "longrun:throttleRate is 0; allowed: 1 to 10,000"),
        ("logRetentionDays", "8", "longrun:logRetentionDays is 8; allowed: 1, 3, 5, 7, 14"),
        ("retainData", "perhaps", "longrun:retainData is 'perhaps'; give true or false"),
        ("architecture", "arm", "longrun:architecture is 'arm'; allowed: arm64, x86_64, host"),
        ("pythonVersion", "3.9", "longrun:pythonVersion is '3.9'; allowed: 3.11, 3.12, 3.13, 3.14, host"),
        ("authorization", "none", "longrun:authorization is 'none'; allowed: AWS_IAM, JWT, NONE"),
        ("agents", '["nobody"]', "longrun:agents is 'nobody'; there is no agents/nobody.py"),
        ("agents", "[]", "longrun:agents is empty"),
        ("agents", "data_analyst", "longrun:agents is 'data_analyst'; give a list of texts"),
        (
            "workflowAgent",
            "estimator",
            "longrun:workflowAgent is 'estimator'; allowed: one of agents, data_analyst, causal_analyst",
        ),
        ("mcpServers", '["stdio"]', "longrun:mcpServers is 'stdio'; give an http or https URL"),
        ("modelUrl", "localhost:8000", "longrun:modelUrl is 'localhost:8000'; give an http or https URL"),
        ("modelId", " ", "longrun:modelId is ' '; remove the blanks around it"),
        ("modelId", "us.anthropic.claude sonnet", "'us.anthropic.claude sonnet'; give a model's id, up to 2,048"),
        ("modelId", "gpt-5", "longrun:modelId is 'gpt-5'; give an id of Amazon Bedrock, such as us.anthropic.claude"),
        ("modelId", "a." + "x" * 3_000, "...; give a model's id, up to 2,048 characters without blanks"),
        (
            "modelUrl",
            "http://localhost:11434/v1",
            "longrun:modelUrl is 'http://localhost:11434/v1'; in AWS, localhost is",
        ),
        ("modelUrl", "https://a.example/v1/chat/completions", "give the API's base URL without /chat/completions"),
        ("modelUrl", "http://api.example.com/v1", "longrun:modelUrl is 'http://api.example.com/v1'; give an https URL"),
        (
            "modelUrl",
            " https://api.example.com/v1",
            "longrun:modelUrl is ' https://api.example.com/v1'; remove the blanks",
        ),
        ("mcpServers", '["http://127.0.0.1:8000/mcp"]', "longrun:mcpServers is 'http://127.0.0.1:8000/mcp'; in AWS,"),
        ("mcpServers", '["https://a.example/mcp", ""]', "longrun:mcpServers is ''; give an http or https URL"),
        ("tracesEndpoint", "https://cloud.langfuse.com", "Langfuse receives spans at https://cloud.langfuse.com/api/"),
        ("pipelines", '{"": ["explorer"], "a": ["explorer"]}', "longrun:pipelines has the name ''; allowed: 1 to 128"),
        ("pipelines", json.dumps({"n" * 200: ["explorer"]}), "longrun:pipelines has the name 'nnn"),
        ("pipelines", json.dumps({"a": ["explorer"] * 100}), "longrun:pipelines.a has 100 agents; allowed: 99"),
        ("agents", json.dumps(["a" * 129]), "give the name of a Python module in agents/, up to 128 characters"),
        ("dataPath", "", "longrun:dataPath is ''; give the folder that holds the agents' data"),
        ("dataPath", "..", "longrun:dataPath is '..'; give the folder that holds the agents' data"),
        ("dataPath", "data\0", r"longrun:dataPath is 'data\x00'; remove line breaks and other characters"),
        ("workerMemory", "", "longrun:workerMemory is ''; give a whole number"),
        ("workerMemory", "NaN", "longrun:workerMemory is 'NaN'; give a whole number"),
        ("workerMemory", "-1024", "longrun:workerMemory is -1024; allowed: 1,024 to 10,240 MB"),
        ("workerMemory", "9" * 5_000, "...; give a whole number, 1,024 to 10,240 MB"),
        ("workerMemory", "1024.5", "longrun:workerMemory is '1024.5'; give a whole number"),
        ("retainData", "TRUE", "longrun:retainData is 'TRUE'; give true or false"),
        ("websocketUrl", "wss:", "longrun:websocketUrl is 'wss:'; give a ws or wss URL"),
        ("websocketUrl", "wss://[x", "longrun:websocketUrl is 'wss://[x'; give a ws or wss URL"),
        ("websocketUrl", "wss://a.example/live?x=1", "give a ws or wss URL of host and path alone"),
        ("tags", '{"Team": "a", "team": "b"}', "longrun:tags has the name 'team', and tags has 'Team'"),
        ("tags", json.dumps({f"tag{n}": "x" for n in range(50)}), "longrun:tags holds 50 tags, 51 with longrun:role"),
        ("tags", '{"longrun:role": "worker"}', "longrun:tags has the name 'longrun:role'"),
        (
            "modelSecretArn",
            "sk-1",
            "longrun:modelSecretArn is a text of 4 characters; give the ARN of a Secrets Manager secret",
        ),
        ("pipelines", "[]", "longrun:pipelines is []; give an object of lists of texts, none empty"),
        ("pipelines", '{"a": []}', "longrun:pipelines is {'a': []}; give an object of lists of texts, none empty"),
        ("pipelines", "{}", "longrun:pipelines is empty; name at least one"),
        ("defaultPipeline", "haiku", "longrun:defaultPipeline is 'haiku'; allowed: analysis, data_analyst"),
        ("pipelines", '{"a": ["nobody"]}', "longrun:pipelines.a is 'nobody'; there is no agents/nobody.py"),
        ("agentTimeoutSeconds", "59", "longrun:agentTimeoutSeconds is 59; allowed: 60 to 28,800 seconds"),
        ("heartbeatLimitSeconds", "2", "longrun:heartbeatLimitSeconds is 2; allowed: 5 to 900 seconds"),
        ("pollSeconds", "0", "longrun:pollSeconds is 0; allowed: 1 to 300 seconds"),
        ("completion", "hope", "longrun:completion is 'hope'; allowed: poll, callback"),
        ("sessionIdleSeconds", "30", "longrun:sessionIdleSeconds is 30; allowed: 60 to 28,800 seconds"),
        ("tracesEndpoint", "otel:4318", "longrun:tracesEndpoint is 'otel:4318'; give an http or https URL"),
        ("dataPath", "nowhere", "longrun:dataPath is 'nowhere'; there is no such folder in the project"),
        ("websocketUrl", "https://x", "longrun:websocketUrl is 'https://x'; give a ws or wss URL"),
        ("websocketUrl", "wss://{api}/x", "longrun:websocketUrl is 'wss://{api}/x'; {api} is not known"),
        ("tags", '{"a": ["b"]}', "longrun:tags is {'a': ['b']}; give an object of texts"),
        ("tags", '{"a": null}', "longrun:tags is {'a': None}; give an object of texts"),
        ("tags", '{"aws:a": "1"}', "longrun:tags has the name 'aws:a'"),
    ],
)
def test_wrong_value_is_rejected_with_what_is_allowed(key: str, value: str, message: str) -> None:
    assert message in problem(**{key: value})


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"modelUrl": "https://api.example.com/v1"}, "longrun:modelUrl is set; only modelProvider openai reads it"),
        (
            {"modelId": "eu.anthropic.claude-sonnet-4-6"},
            "longrun:modelId is eu.anthropic.claude-sonnet-4-6; allowed: model",
        ),
        (
            {
                "modelProvider": "openai",
                "modelId": "gpt-5",
                "modelSecretArn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:key-AbCdEf",
            },
            "longrun:modelSecretArn is an ARN of secretsmanager in eu-west-1; allowed: us-east-1",
        ),
        (
            {"heartbeatLimitSeconds": "300", "agentTimeoutSeconds": "200"},
            "longrun:heartbeatLimitSeconds is 300; allowed: at most 200, the agentTimeoutSeconds",
        ),
        ({"pollSeconds": "90"}, "longrun:pollSeconds is 90; allowed: at most 60, the pollMaxSeconds"),
        ({"pollMaxSeconds": "10"}, "longrun:pollMaxSeconds is 10, with which a run of 28,800 s makes 27,4"),
        (
            {"sessionIdleSeconds": "600", "sessionLifetimeSeconds": "300"},
            "longrun:sessionIdleSeconds is 600; allowed: at most 300, the session's whole life (sessionLifetime",
        ),
        ({"sessionLifetimeSeconds": "7200"}, "longrun:pipelines.analysis has 3 agents in turn in one session"),
    ],
    ids=str,
)
def test_settings_that_do_not_fit_each_other_are_reported_by_their_keys(config: dict[str, str], message: str) -> None:
    assert message in problem(**config)


@pytest.mark.parametrize(
    ("module", "message"),
    [
        ("def create_agent(context:\n", "agents/mine.py is not Python: "),
        ("def make_agent(context): ...\n", "agents/mine.py defines no function create_agent(context)"),
    ],
)
def test_agent_that_could_not_be_made_is_rejected_before_it_is_deployed(
    tmp_path: Path, module: str, message: str
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "mine.py").write_text(module)

    with pytest.raises(SettingsError) as rejected:
        read({"longrun:agents": '["mine"]'}, tmp_path)

    assert message in str(rejected.value)


def test_region_that_does_not_exist_is_rejected() -> None:
    with pytest.raises(SettingsError, match="aws:region is 'mars-1', which is not an AWS region"):
        read({"aws:region": "mars-1"})


def test_key_that_was_given_for_its_arn_is_not_printed() -> None:
    assert "sk-very-secret" not in problem(modelSecretArn="sk-very-secret")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("modelUrl", "https://me:hush@api.example.com/v1"),
        ("mcpServers", '["http://tools.example.com/mcp?key=hush"]'),
        ("tracesEndpoint", "https://otel.example.com?key=hush"),
    ],
)
def test_credentials_in_an_address_are_not_printed(key: str, value: str) -> None:
    assert "hush" not in problem(**{key: value})


def test_value_that_the_stack_encrypts_is_not_printed() -> None:
    def run() -> Settings:
        values = {"aws:region": "us-east-1", **DEFAULTS, "longrun:tags": '{"a": "50%"}', "longrun:completion": "hush"}
        set_all_config(values, ["longrun:completion"])
        return Settings.read(ROOT)

    with pytest.raises(SettingsError, match="longrun:completion is a text of 4 characters; allowed: poll, callback"):
        contextvars.copy_context().run(run)


def test_addresses_of_this_machine_are_accepted_with_an_emulator() -> None:
    settings = read(
        {
            "aws:endpoints": '[{"s3": "http://127.0.0.1:4600"}]',
            "longrun:modelProvider": "openai",
            "longrun:modelId": "qwen3:8b",
            "longrun:modelUrl": "http://localhost:11434/v1",
            "longrun:mcpServers": '["http://127.0.0.1:8000/mcp"]',
            "longrun:tracesEndpoint": "http://localhost:4318",
        }
    )

    assert settings.model_url == "http://localhost:11434/v1"


def test_missing_region_is_rejected_with_the_command_that_sets_it() -> None:
    with pytest.raises(SettingsError, match="aws:region is not set; run: pulumi config set aws:region us-east-1"):
        read({"aws:region": ""})


def test_everything_that_is_wrong_is_reported_at_once() -> None:
    message = problem(workerMemory="1", architecture="z80", nothing="1")

    assert all(key in message for key in ("workerMemory", "architecture", "nothing"))


def test_nearest_name_is_the_one_that_is_written_most_alike() -> None:
    assert nearest_first("throtleBurst", ["agents", "throttleRate", "throttleBurst"])[0] == "throttleBurst"


@pytest.mark.parametrize("stack", ["dev", "local"])
def test_stack_files_are_accepted(stack: str) -> None:
    config = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}

    assert read(texts).region == "us-east-1"


def test_the_traced_function_has_a_package_of_its_own_unless_its_agent_is_one_of_the_stacks() -> None:
    own, shared = read({}), read({"longrun:tracedAgent": "causal_analyst"})
    wiring: Any = {"agent": "replaced"}

    assert own.traced_args(wiring)["agent"] == "assistant"
    assert shared.traced_args(wiring)["agent"] == "causal_analyst"
    assert own.traced.has_own_package(own.agents)
    assert not shared.traced.has_own_package(shared.agents)
    without = read({"longrun:tracedFunction": "false"})
    assert not without.traced.has_own_package(without.agents)


def test_the_agent_of_the_traced_function_is_a_module_of_agents() -> None:
    assert "tracedAgent is 'nobody'; there is no agents/nobody.py" in problem(tracedAgent="nobody")


@pytest.mark.parametrize("template", ["ws://host/{urlId}", "https://host/", "https://u@host/{urlId}", "https://h/{id}"])
def test_a_template_of_function_urls_names_the_place_of_the_id(template: str) -> None:
    assert "functionUrl is" in problem(functionUrl=template)


def test_a_region_without_function_urls_has_no_traced_function() -> None:
    assert read({}).traced.is_deployed
    assert not read({"aws:region": "cn-north-1"}).traced.is_deployed


def test_the_small_package_knows_the_services_that_its_agents_tools_call() -> None:
    assert {"athena", "dynamodb"} <= set(read({"longrun:tracedServices": '["athena"]'}).traced.aws_services)
    assert "tracedServices is 'Athena!'; give a service" in problem(tracedServices='["Athena!"]')


@pytest.mark.parametrize(("provider", "lock"), [("bedrock", "traced"), ("openai", "traced-openai")])
def test_the_traced_function_has_the_client_of_its_model_only(provider: str, lock: str) -> None:
    given = {"longrun:modelProvider": provider, "longrun:modelId": "m" if provider == "openai" else ""}

    settings = read(given)

    assert settings.traced.lock(settings.model_provider) == lock
    assert (ROOT / "requirements" / f"{lock}.txt").is_file()
