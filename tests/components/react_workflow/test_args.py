"""What a ReactWorkflow refuses before any child exists."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from components.validation import ComponentInputError
from tests.components.harness import Deployment
from tests.components.references import JOURNAL

DeployWith = Callable[..., Deployment]

TURNS = (
    "allowed: 1 to 200 turns: an execution ends when its history has 25,000 events, of which a turn takes 20 and each "
    "of its up to 10 tool calls 17, so that a run which always calls 10 is ended after 105 turns"
)
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "too many turns": ({"turn_limit": 201}, f"turn_limit is 201; {TURNS}"),
    "no turn": ({"turn_limit": 0}, f"turn_limit is 0; {TURNS}"),
    "a negative budget": ({"token_budget": -1}, "token_budget is -1; allowed: 0 to 1,000,000,000 tokens (0: no limit)"),
    "a cost budget without prices": (
        {"cost_budget": 0.5},
        "input_price is 0; a cost_budget needs the model's prices, in USD per million tokens",
    ),
    "a cost budget with one price": (
        {"cost_budget": 0.5, "input_price": 3},
        "output_price is 0; a cost_budget needs the model's prices, in USD per million tokens",
    ),
    "a model step that Lambda cannot run": (
        {"model_timeout": 901},
        "model_timeout is 901; allowed: 30 to 900 seconds",
    ),
    "a container that is lost before it has started": (
        {"heartbeat_limit": 5},
        "heartbeat_limit is 5; allowed: 60 to 3,600 seconds",
    ),
    "a heartbeat that comes later than the end": (
        {"heartbeat_limit": 1_600},
        "heartbeat_limit is 1600; allowed: at most 1500, the time of tools.eda: a lost container would not be noticed",
    ),
    "a container that ends before its tools do": (
        {"tool_timeout": 899},
        "tool_timeout is 899; allowed: at least 900, the longest time of tools.eda",
    ),
    "a container that outlasts its run": (
        {"workflow_timeout": 1_200, "question_timeout": 60},
        "tools.eda.longest_seconds and the start together is 1500; allowed: at most 1200, the workflow_timeout",
    ),
    "a question that outlasts its run": (
        {"question_timeout": 3_600, "workflow_timeout": 3_600},
        "question_timeout is 3600; allowed: at most 3590, the workflow_timeout less 10: no question would expire",
    ),
    "a run that outlasts its journal": (
        {"journal": {**JOURNAL, "retention_days": 7}},
        "workflow_timeout is 1209600; allowed: at most 604800, 7 days, for which the journal keeps a run",
    ),
    "a question of more than a year": (
        {"question_timeout": 604_801},
        "question_timeout is 604801; allowed: 60 to 604,800 seconds",
    ),
    "a concurrency of none": (
        {"reserved_concurrency": 0},
        "reserved_concurrency is 0; allowed: 1 to 1,000 executions at once",
    ),
    "a default agent that no input may name": (
        {"default_agent": "study_analyst"},
        "default_agent is 'study_analyst'; allowed: causal_analyst, data_analyst, the agents",
    ),
    "no agent": ({"agents": []}, "agents is empty; name at least one module of agents/"),
    "a prefix that Lambda rejects": (
        {"prefix": "my.project-dev"},
        "prefix is 'my.project-dev', of 14 characters; allowed: 1 to 44 letters, digits, - and _, with which the name "
        "<prefix>-parse-initial-query stays within Lambda's 64",
    ),
    "a tool that is missing": ({"tools": {"eda": {}}}, "tools.causal_analysis is missing"),
}


@pytest.mark.parametrize(("changed", "problem"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_work_is_refused_with_what_is_allowed(
    deploy_with: DeployWith, changed: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ComponentInputError, match=re.escape(problem)) as refused:
        deploy_with(**changed)

    assert str(refused.value).startswith("ReactWorkflow 'react' has invalid arguments: ")


def test_the_longest_prefix_fits_and_one_more_character_does_not(deploy_with: DeployWith) -> None:
    longest = "x" * 44
    deployed = deploy_with(prefix=longest)

    assert deployed["react-parse-initial-query"].inputs["name"] == f"{longest}-parse-initial-query"
    with pytest.raises(ComponentInputError, match="prefix is"):
        deploy_with(prefix=longest + "x")


@pytest.mark.parametrize(
    ("default", "listed"),
    [("", "causal_analyst,data_analyst"), ("data_analyst", "data_analyst,causal_analyst")],
    ids=["first", "named"],
)
def test_functions_get_the_default_agent_first(deploy_with: DeployWith, default: str, listed: str) -> None:
    deployed = deploy_with(default_agent=default)

    for role in ("parse-initial-query", "invoke-llm", "finalizer"):
        assert deployed[f"react-{role}"].inputs["environment"]["variables"]["LONGRUN_AGENTS"] == listed


def test_numbers_of_a_program_in_another_language_are_whole(deploy_with: DeployWith) -> None:
    variables = deploy_with(turn_limit=30.0)["react-invoke-llm"].inputs["environment"]["variables"]

    assert variables["LONGRUN_TURN_LIMIT"] == "30"
