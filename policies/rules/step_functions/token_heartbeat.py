"""A worker that holds a task token sends heartbeats; a person who holds one cannot."""

from collections.abc import Iterator, Mapping
from typing import Final

from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule, Severity
from policies.rules.step_functions.states.graph import PlacedState, handlers, tasks
from policies.rules.step_functions.states.integration import integration_of, waits_for_token
from policies.rules.step_functions.states.machine import MACHINES, by_definition, is_known

_SIGNS = ("HeartbeatSeconds", "HeartbeatSecondsPath")
_EXPIRY, _SILENCE = "States.Timeout", "States.HeartbeatTimeout"
_MESSAGES: Final = frozenset({"apigateway:invoke", "events:putEvents", "lambda:invoke", "sns:publish"})
"""Integrations that deliver the token and return, so that it can wait for a person. A container, a queue or another
service's job that holds a token is always work."""


def token_heartbeat_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    for task in tasks(definition):
        if not waits_for_token(task) or any(field in task.state for field in _SIGNS) or _waits_for_person(task):
            continue
        yield Finding(
            property=f"{task.path}.HeartbeatSeconds",
            value="unset",
            allowed="seconds without a sign after which the worker counts as lost",
            why="A worker that dies with the token is noticed only when the whole TimeoutSeconds are over",
            fix="Set it, and let the worker call SendTaskHeartbeat, which adds no history event. Where no process "
            f"works because a person answers, catch {_EXPIRY} by its name instead",
        )


def _waits_for_person(task: PlacedState) -> bool:
    """Whether the state delivers its token by a message, and handles its expiry as an outcome of its own. One that
    awaits a missing heartbeat has a worker. A catcher that is not known yet might name the expiry."""
    found = integration_of(task)
    if found is None or found.name not in _MESSAGES:
        return False
    if not is_known({"Catch": task.state.get("Catch")}):
        return True
    caught = {error for _, catcher in handlers(task.state, "Catch") for error in _texts(catcher.get("ErrorEquals"))}
    return _EXPIRY in caught and _SILENCE not in caught


def _texts(value: object) -> Iterator[str]:
    return (member for member in (value if isinstance(value, list) else []) if isinstance(member, str))


RULE = ResourceRule(
    name="state-machine-token-heartbeat",
    description="A Task that waits for a token has HeartbeatSeconds, so that a dead worker is noticed, or catches "
    "States.Timeout by its name where it waits for a person.",
    remediation="Set HeartbeatSeconds, and let the worker call SendTaskHeartbeat. Where a person answers, catch "
    "States.Timeout by its name.",
    severity=Severity.ADVISORY,
    types=MACHINES,
    check=by_definition(token_heartbeat_findings),
)
