"""AgentRuntime rejects each argument that AWS, or the code in it, would reject later."""

from pathlib import Path
from typing import Any

import pytest

from components.agent_runtime import AgentRuntime, AgentRuntimeArgs
from components.agent_runtime.args import validate
from components.agent_runtime.variables import runtime_variables
from components.validation import ComponentInputError
from tests.components.agent_runtime.conftest import make_package
from tests.components.references import MODEL, code

EUROPEAN = "eu.anthropic.claude-sonnet-4-6"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/agents:1"
OPENAI = {"provider": "openai", "model_id": "gpt-5"}
VPC: dict[str, Any] = {"network_mode": "VPC", "subnets": ["subnet-12345678"], "security_groups": ["sg-12345678"]}

CASES: list[tuple[str, dict[str, Any], str]] = [
    ("two artifacts", {"image_uri": IMAGE}, "code and image_uri is given; give one of code, s3_code, image_uri"),
    (
        "no package",
        {"code": code("nowhere.zip")},
        "code.path is 'nowhere.zip', which is not a file",
    ),
    ("no entry", {"entry_point": ["main.py"]}, "entry_point is 'main.py', which is not at the root of "),
    ("entry below", {"entry_point": ["agents/helper.py"]}, "allowed: a .py file at the zip's root, after at most one"),
    ("no module", {"entry_point": ["agent_main"]}, "entry_point is ['agent_main']; allowed: a .py file at the zip's"),
    ("no words", {"entry_point": []}, "entry_point is []; allowed: a .py file"),
    (
        "many words",
        {"entry_point": ["a", "b", "agent_main.py"]},
        "allowed: a .py file at the zip's root, after at most",
    ),
    (
        "old python",
        {"code": {**code(__file__), "runtime": "python3.9"}},
        "code.runtime is 'python3.9'; allowed: python3.11",
    ),
    ("protocol", {"protocol": "SOAP"}, "protocol is 'SOAP'; allowed: HTTP, MCP"),
    ("short idle", {"idle_seconds": 59}, "idle_seconds is 59; allowed: 60 to 28,800 seconds"),
    ("long life", {"lifetime_seconds": 28_801}, "lifetime_seconds is 28,801; allowed: 60 to 28,800 seconds"),
    (
        "order of times",
        {"idle_seconds": 600, "lifetime_seconds": 300},
        "idle_seconds is 600; allowed: at most 300, the session's whole life (lifetime_seconds)",
    ),
    ("agent's name", {"agents": ["no-module"]}, "agents has 'no-module'; allowed: names of Python modules"),
    ("model of another region", {"model": {**MODEL, "model_id": EUROPEAN}}, EUROPEAN),
    ("network", {"network_mode": "PRIVATE"}, "network_mode is 'PRIVATE'; allowed: PUBLIC, VPC"),
    ("subnets in public", {"subnets": ["subnet-1"]}, "subnets is given, which network_mode PUBLIC does not use"),
    ("VPC without subnets", {**VPC, "subnets": [], "has_routes": True}, "subnets holds 0; allowed: 1 to 16"),
    ("VPC without a route", VPC, "network_mode is VPC without a route to S3, from which a session loads its code"),
    ("VPC with half a route", {**VPC, "vpc_id": "vpc-1"}, "give vpc_id and route_table_ids for gateway endpoints"),
    ("collector", {"traces_endpoint": "collector:4318"}, "traces_endpoint is 'collector:4318'; give an http or https"),
    ("own collector", {"traces_endpoint": "http://127.0.0.1:4318"}, "in AWS, 127.0.0.1 is the calling machine itself"),
    ("Langfuse", {"traces_endpoint": "https://cloud.langfuse.com"}, "https://cloud.langfuse.com/api/public/otel"),
    ("private tools", {"mcp_servers": ["http://10.0.0.1/mcp"]}, "10.0.0.1 is no public address"),
    ("model's URL", {"model": {**OPENAI, "url": "https://a.example/v1/responses"}}, "base URL without /responses"),
    ("letters of tags", {"tags": {"Größe": "x"}}, "which AgentCore demands"),
    ("variables", {"variables": {f"V{n}": "" for n in range(51)}}, "variables is 51 variables; allowed: 0 to 50"),
    ("all variables", {"variables": {f"V{n}": "x" for n in range(48)}}, "allowed: 0 to 50 variables"),
    ("value", {"variables": {"BIG": "x" * 5_001}}, "variables.BIG is a text of 5,001 characters; allowed: 0 to 5,000"),
    ("name", {"variables": {"N" * 101: ""}}, "a name of 101 characters; allowed: 1 to 100 characters"),
    ("logs", {"log_retention_days": 8}, "log_retention_days is 8; allowed: 1, 3, 5, 7, 14"),
    ("tags", {"tags": {"": "x"}}, "tags has the name ''"),
]


@pytest.mark.parametrize(("changed", "message"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_argument_is_rejected_before_anything_exists(
    args: AgentRuntimeArgs, changed: dict[str, Any], message: str
) -> None:
    with pytest.raises(ComponentInputError) as rejected:
        AgentRuntime("analysts", {**args, **changed})  # type: ignore[typeddict-item]

    assert str(rejected.value).startswith("AgentRuntime 'analysts' has invalid arguments: ")
    assert message in str(rejected.value)


def without(args: AgentRuntimeArgs, *names: str) -> dict[str, Any]:
    return {name: value for name, value in args.items() if name not in names}


def test_something_to_run_is_given(args: AgentRuntimeArgs) -> None:
    with pytest.raises(ComponentInputError) as rejected:
        AgentRuntime("analysts", without(args, "code"))  # type: ignore[arg-type]

    assert "no code is given; give one of code, s3_code, image_uri" in str(rejected.value)


def test_agents_have_a_model(args: AgentRuntimeArgs) -> None:
    with pytest.raises(ComponentInputError, match="agents is given without model; agents need one"):
        AgentRuntime("analysts", without(args, "model"))  # type: ignore[arg-type]


def test_code_in_s3_is_for_a_python_that_agentcore_has(args: AgentRuntimeArgs) -> None:
    stored = {"bucket": "shared", "key": "1.zip", "runtime": "python3.9"}

    with pytest.raises(ComponentInputError, match=r"s3_code.runtime is 'python3\.9'; allowed: python3\.11"):
        AgentRuntime("analysts", {**without(args, "code"), "s3_code": stored})  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ("docker.io/agents:1", "allowed: an image in Amazon ECR, account.dkr.ecr.region.amazonaws.com/name:tag"),
        (f"{IMAGE.replace('.com/', '.com.cn/')}", "registries in us-east-1 end in amazonaws.com"),
        (IMAGE.replace("us-east-1", "eu-west-1"), "in eu-west-1; allowed: an image in us-east-1, the stack's region"),
    ],
)
def test_image_that_agentcore_could_not_pull_is_rejected(args: AgentRuntimeArgs, image: str, message: str) -> None:
    with pytest.raises(ComponentInputError) as rejected:
        AgentRuntime("analysts", {**without(args, "code"), "image_uri": image})  # type: ignore[typeddict-item]

    assert message in str(rejected.value)


def test_image_has_its_own_entry_point(args: AgentRuntimeArgs) -> None:
    given = {**without(args, "code"), "image_uri": IMAGE, "entry_point": ["agent_main.py"]}

    with pytest.raises(ComponentInputError, match="entry_point is given, which image_uri does not use; leave it out"):
        AgentRuntime("analysts", given)  # type: ignore[arg-type]


def test_file_that_is_no_zip_is_rejected(args: AgentRuntimeArgs, tmp_path: Path) -> None:
    (tmp_path / "package.zip").write_text("PK")

    with pytest.raises(ComponentInputError, match="which is not a zip; build it with PythonPackage"):
        AgentRuntime("analysts", {**args, "code": code(tmp_path / "package.zip")})


def test_entry_in_a_folder_does_not_count_as_one_at_the_root(args: AgentRuntimeArgs, tmp_path: Path) -> None:
    package = make_package(tmp_path, "runtime/agent_main.py")

    with pytest.raises(ComponentInputError, match=r"entry_point is 'agent_main\.py', which is not at the root of"):
        AgentRuntime("analysts", {**args, "code": code(package)})


def test_all_problems_are_reported_at_once(args: AgentRuntimeArgs) -> None:
    with pytest.raises(ComponentInputError) as rejected:
        AgentRuntime("Analysts", {**args, "protocol": "SOAP", "idle_seconds": 1})

    assert len(rejected.value.problems) == 3


def test_private_addresses_are_accepted_in_a_vpc(args: AgentRuntimeArgs) -> None:
    addresses = {"mcp_servers": ["http://10.0.0.1/mcp"], "traces_endpoint": "http://collector:4318"}

    assert validate({**args, **VPC, "has_routes": True, **addresses}) == []  # type: ignore[typeddict-item]


def test_the_path_of_traces_is_given_once(args: AgentRuntimeArgs) -> None:
    variables = runtime_variables({**args, "traces_endpoint": "https://otel.example.com/v1/traces"})

    assert variables["OTEL_EXPORTER_OTLP_ENDPOINT"] == "https://otel.example.com"
