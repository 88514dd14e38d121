"""The form of arguments: what is missing, unknown or no reference is reported before any child exists."""

from collections.abc import Callable
from typing import Any

import pytest

from components.polling_workflow.args import PollingWorkflowArgs
from components.refs import DataRef, HostRef, JournalRef
from components.streaming_lambda import StreamingLambda
from components.streaming_lambda.args import StreamingLambdaArgs
from components.validation import ComponentInputError, form_problems

CODE = {"path": "a.zip", "runtime": "python3.13", "architecture": "arm64"}
JOURNAL = {
    "table_name": "t",
    "table_arn": "arn:aws:dynamodb:us-east-1:123456789012:table/t",
    "payload_bucket": "p",
    "payload_bucket_arn": "arn:aws:s3:::p",
    "retention_days": 30,
}
HOST = {"arn": "a", "endpoint": "live", "agents": ["x"], "log_group": "g", "role_name": "r", "lifetime_seconds": 60}
ARGS: dict[str, Any] = {
    "gateway": CODE,
    "worker": CODE,
    "journal": JOURNAL,
    "data": {"bucket_name": "d", "bucket_arn": "arn:aws:s3:::d"},
    "model": {"provider": "bedrock", "model_id": "us.anthropic.claude-sonnet-4-6"},
    "agents": ["haiku"],
}


class Referenced:
    """Stands for a component, or a package, that was passed instead of its reference."""

    ref = JOURNAL


def test_complete_arguments_have_no_problem() -> None:
    assert form_problems(ARGS, StreamingLambdaArgs) == []
    assert form_problems(JOURNAL, JournalRef) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"journal": Referenced()}, "journal is a Referenced; pass its ref"),
        ({"journal": ARGS["data"]}, "journal.payload_bucket is missing"),
        ({"journal": {**JOURNAL, "table_arn": None}}, "journal.table_arn is missing"),
        ({"data": None}, "data is missing"),
        ({"data": "bucket"}, "data is a str; allowed: an object with bucket_name, bucket_arn"),
        ({"model": "us.anthropic.claude-sonnet-4-6"}, "model is a str; allowed: an object with provider, model_id"),
        ({"agents": "haiku"}, "agents is a str; allowed: a list"),
        ({"mcp_runtimes": {"analysis": HOST}}, "mcp_runtimes.analysis.agents is unknown; known: arn, endpoint"),
        ({"mcp_runtimes": ["analysis"]}, "mcp_runtimes is a list; allowed: an object"),
        ({"colour": "red"}, "colour is unknown; known: gateway, journal, data"),
    ],
)
def test_a_wrong_form_is_reported_with_its_place_and_what_is_allowed(changes: dict[str, Any], problem: str) -> None:
    problems = form_problems({**ARGS, **changes}, StreamingLambdaArgs)

    assert any(found.startswith(problem) for found in problems), problems


def test_items_of_lists_are_checked() -> None:
    given = {"hosts": [Referenced()], "pipelines": {"analysis": "explorer"}}

    problems = form_problems(given, PollingWorkflowArgs)

    assert "hosts[0] is a Referenced; pass its ref" in problems
    assert "pipelines.analysis is a str; allowed: a list" in problems


@pytest.mark.parametrize("form", [JournalRef, DataRef, HostRef])
def test_values_that_are_not_known_yet_are_skipped(form: type) -> None:
    later = object()  # an Output, which no check may look into
    unknown = {key: later for key in form.__annotations__ if key != "agents"}

    assert form_problems({**unknown, **({"agents": ["x"]} if form is HostRef else {})}, form) == []


@pytest.mark.parametrize("missing", ["journal", "data", "worker", "model"])
def test_a_component_rejects_it_before_anything_is_created(missing: str) -> None:
    build: Callable[..., object] = StreamingLambda

    with pytest.raises(
        ComponentInputError, match=f"StreamingLambda 'chat' has invalid arguments: {missing} is missing"
    ):
        build("chat", {key: value for key, value in ARGS.items() if key != missing})
