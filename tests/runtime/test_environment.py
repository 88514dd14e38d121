import re
from collections.abc import Callable, Mapping

import pytest

from runtime.environment import (
    AgentRuntimeEnvironment,
    DeadLetterEnvironment,
    GatewayEnvironment,
    MissingVariableError,
    WorkerEnvironment,
)
from runtime.workflow.environment import FinalizerEnvironment, InvokerEnvironment, StartHandlerEnvironment

JOURNAL = {"LONGRUN_TABLE": "journal", "LONGRUN_PAYLOAD_BUCKET": "payload", "LONGRUN_RETENTION_DAYS": "30"}
SOCKETS = {"LONGRUN_CALLBACK_URL": "https://abc.execute-api.us-east-1.amazonaws.com/live"}
MODEL = {"LONGRUN_MODEL_PROVIDER": "bedrock", "LONGRUN_MODEL_ID": "m", "LONGRUN_MODEL_REGION": "us-east-1"}
RUNTIMES = {"LONGRUN_AGENT_RUNTIMES": '[{"arn": "arn:one", "endpoint": "live", "agents": ["explorer"]}]'}
PIPELINES = {"LONGRUN_PIPELINES": '{"analysis": ["explorer"]}', "LONGRUN_DEFAULT_PIPELINE": "analysis"}
AGENTS = {"LONGRUN_AGENTS": "explorer"}
WAITS = {"LONGRUN_QUESTION_TIMEOUT": "86400"}
TIMERS = {"LONGRUN_QUESTION_TIMERS": '{"group": "timers", "role": "arn:role"}'}
GATEWAY = AGENTS | {
    "LONGRUN_WORKER_FUNCTION": "worker",
    "LONGRUN_AUTHORIZATION": "AWS_IAM",
    "LONGRUN_RUN_TIMEOUT": "900",
}
Read = Callable[[Mapping[str, str]], object]
NEEDS: list[tuple[Read, dict[str, str]]] = [
    (GatewayEnvironment.read, JOURNAL | SOCKETS | GATEWAY),
    (WorkerEnvironment.read, JOURNAL | SOCKETS | AGENTS | MODEL | WAITS | TIMERS | {"LONGRUN_DEADLINE_MARGIN": "30"}),
    (DeadLetterEnvironment.read, JOURNAL | {"LONGRUN_WORKER_FUNCTION": "worker"}),
    (AgentRuntimeEnvironment.read, JOURNAL | AGENTS | MODEL | WAITS),
    (StartHandlerEnvironment.read, JOURNAL | PIPELINES | {"LONGRUN_RUN_TIMEOUT": "28800"}),
    (InvokerEnvironment.read, JOURNAL | RUNTIMES),
    (FinalizerEnvironment.read, JOURNAL | RUNTIMES),
]
CASES = [(read, variables, name) for read, variables in NEEDS for name in variables]


@pytest.mark.parametrize(("read", "variables", "name"), CASES)
@pytest.mark.parametrize("is_empty", [False, True], ids=["missing", "empty"])
def test_a_variable_that_is_missing_or_empty_raises_and_is_named(
    read: Read, variables: dict[str, str], name: str, is_empty: bool
) -> None:
    given = {key: value for key, value in variables.items() if key != name} | dict.fromkeys(
        [name] if is_empty else [], ""
    )
    named = "AWS_REGION" if name == "LONGRUN_MODEL_REGION" else name

    with pytest.raises(MissingVariableError, match=re.escape(f"environment variable {named} is not set")):
        read(given)


@pytest.mark.parametrize(("read", "variables"), NEEDS)
def test_no_other_variable_is_needed(read: Read, variables: dict[str, str]) -> None:
    assert read(variables)


@pytest.mark.parametrize(("given", "margin"), [({}, None), ({"LONGRUN_DEADLINE_MARGIN": "5"}, 5.0)])
def test_the_margin_of_agents_on_agentcore_is_optional(given: dict[str, str], margin: float | None) -> None:
    assert AgentRuntimeEnvironment.read(JOURNAL | AGENTS | MODEL | WAITS | given).deadline_margin == margin
