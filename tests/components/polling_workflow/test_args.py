"""PollingWorkflow rejects what AWS would reject later, and arguments with which a run could not end properly."""

from typing import Any

import pytest

from components.polling_workflow import PollingWorkflow, PollingWorkflowArgs
from components.polling_workflow.args import pipeline_problems, validate
from components.validation import ComponentInputError
from tests.components.references import code, host

CASES: list[tuple[str, dict[str, Any], str]] = [
    ("package", {"code": code("nowhere.zip")}, "code.path is 'nowhere.zip', which is not a file"),
    (
        "runtime",
        {"code": {**code(__file__), "runtime": "python2.7"}},
        "code.runtime is 'python2.7'; allowed: python3.11",
    ),
    (
        "architecture",
        {"code": {**code(__file__), "architecture": "sparc"}},
        "code.architecture is 'sparc'; allowed: arm64, x86_64",
    ),
    ("completion", {"completion": "hope"}, "completion is 'hope'; allowed: poll, callback"),
    ("no pipelines", {"pipelines": {}}, "pipelines is empty; name at least one, and the agents that work in turn"),
    ("empty pipeline", {"pipelines": {"a": []}}, "pipelines.a is empty; name the agents that work in turn"),
    (
        "unknown agent",
        {"pipelines": {"a": ["explorer", "nobody"]}},
        "pipelines.a has the agent 'nobody', which no runtime hosts; hosted: explorer, reporter",
    ),
    ("default pipeline", {"default_pipeline": "haiku"}, "default_pipeline is 'haiku'; allowed: analysis, short"),
    ("agent's time", {"agent_timeout": 30}, "agent_timeout is 30; allowed: 60 to 28,800 seconds"),
    ("workflow's time", {"workflow_timeout": 100_000}, "workflow_timeout is 100000; allowed: 60 to 86,400 seconds"),
    ("heartbeat", {"heartbeat_limit": 2}, "heartbeat_limit is 2; allowed: 5 to 900 seconds"),
    ("no poll", {"poll_seconds": 0}, "poll_seconds is 0; allowed: 1 to 300 seconds"),
    (
        "slow heartbeat",
        {"heartbeat_limit": 120, "agent_timeout": 60},
        "heartbeat_limit is 120; allowed: at most 60, the agent_timeout",
    ),
    (
        "short workflow",
        {"workflow_timeout": 3_600},
        "agent_timeout is 7200; allowed: at most 3600, the workflow_timeout: an agent could never use its time",
    ),
    (
        "shrinking waits",
        {"poll_seconds": 90},
        "poll_seconds is 90; allowed: at most 60, the poll_max_seconds: waits grow, they do not shrink",
    ),
    (
        "history of eight hours",
        {"poll_max_seconds": 10},
        "poll_max_seconds is 10, with which a run of 28,800 s makes 27,454 history events; allowed: 25,000",
    ),
    (
        "life of a session",
        {"hosts": [host("analysts", "explorer", "reporter", lifetime_seconds=7_200)]},
        "pipelines.analysis has 2 agents in turn in one session, up to 14,400 s; allowed: 7,200 s, "
        "the session's lifetime",
    ),
    ("log retention", {"log_retention_days": 8}, "log_retention_days is 8; allowed: 1, 3, 5, 7, 14"),
    ("tags", {"tags": {"": "x"}}, "tags has the name ''"),
    ("tag's case", {"tags": {"Team": "a", "team": "b"}}, "tags has the name 'team', and tags has 'Team'"),
    ("own tag", {"tags": {"longrun:role": "worker"}}, "tags has the name 'longrun:role'"),
    ("no name", {"pipelines": {"": ["explorer"]}}, "pipelines has the name ''; allowed: 1 to 128 printable characters"),
    ("long name", {"pipelines": {"a" * 200: ["explorer"]}}, "allowed: 1 to 128 printable characters, no blanks around"),
    ("padded name", {"pipelines": {"a ": ["explorer"]}}, "pipelines has the name 'a '"),
    ("name of two lines", {"pipelines": {"a\nb": ["explorer"]}}, r"pipelines has the name 'a\nb'"),
    ("half a character", {"pipelines": {"\ud800": ["explorer"]}}, r"pipelines has the name '\ud800'"),
    (
        "many agents",
        {"pipelines": {"a": ["explorer"] * 100}},
        "pipelines.a has 100 agents; allowed: 99, the steps of a run",
    ),
    (
        "many pipelines",
        {"pipelines": {f"pipeline-{number}": ["explorer"] for number in range(150)}},
        "pipelines have 4,390 bytes as JSON; allowed: 3,500, which fit into the environment of the start handler",
    ),
    (
        "many hosts",
        {"hosts": [host(f"host{number}", "explorer", "reporter") for number in range(20)]},
        "4,096 bytes of names and values together",
    ),
]


@pytest.mark.parametrize(("changed", "message"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_argument_is_rejected_before_anything_exists(
    args: PollingWorkflowArgs, changed: dict[str, Any], message: str
) -> None:
    with pytest.raises(ComponentInputError) as rejected:
        PollingWorkflow("background", {**args, **changed})  # type: ignore[typeddict-item]

    assert str(rejected.value).startswith("PollingWorkflow 'background' has invalid arguments: ")
    assert message in str(rejected.value)


def rejected_problems(args: PollingWorkflowArgs, **changed: Any) -> list[str]:  # noqa: ANN401  as the arguments have them
    with pytest.raises(ComponentInputError) as rejected:
        PollingWorkflow("Background", {**args, **changed})  # type: ignore[typeddict-item]
    return list(rejected.value.problems)


def test_agents_on_runtimes_of_their_own_have_sessions_of_their_own(args: PollingWorkflowArgs) -> None:
    hosts = [host("a", "explorer", lifetime_seconds=7_200), host("b", "reporter", lifetime_seconds=7_200)]

    (problem,) = rejected_problems(args, hosts=hosts)

    assert problem.startswith("name is 'Background'")


def test_polling_too_often_is_rejected_even_where_agents_report_by_themselves(args: PollingWorkflowArgs) -> None:
    _, problem = rejected_problems(args, poll_max_seconds=10, completion="callback")

    assert "in the loop Wait → Poll → Judge of 9 history events" in problem


def test_the_largest_pipeline_is_accepted(args: PollingWorkflowArgs) -> None:
    pipelines = {"n" * 128: ["explorer", "reporter"] * 49 + ["explorer"], "ä b/c": ["explorer"], "x": ["reporter"] * 2}

    assert pipeline_problems(pipelines) == []
    assert validate({**args, "pipelines": pipelines, "default_pipeline": "x"}) == []
