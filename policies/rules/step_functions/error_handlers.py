"""Retriers and catchers that Step Functions takes, and that are ever asked."""

from collections.abc import Iterator, Mapping
from typing import Final

from policies.rules.aws_limits.step_functions import RETRY_NUMBERS
from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule
from policies.rules.step_functions.states.graph import ALL_ERRORS, PlacedState, handlers, placed, shown
from policies.rules.step_functions.states.jsonata import is_expression
from policies.rules.step_functions.states.machine import MACHINES, REJECTED, by_definition, is_known
from policies.rules.values import UNKNOWN, number

PREDEFINED: Final = frozenset(
    {
        *("States.ALL", "States.BranchFailed", "States.DataLimitExceeded", "States.ExceedToleratedFailureThreshold"),
        *("States.HeartbeatTimeout", "States.IntrinsicFailure", "States.ItemReaderFailed"),
        *("States.NoChoiceMatched", "States.ParameterPathFailure", "States.Permissions"),
        *("States.QueryEvaluationError", "States.ResultPathMatchFailure", "States.ResultWriterFailed"),
        *("States.Runtime", "States.TaskFailed", "States.Timeout"),
    }
)
"""Errors of the Amazon States Language's own; no other name may begin with States."""

_HTTP: Final = "States.Http."
"""Before the status of an answer, or what went wrong with the connection."""

_NEVER: Final = "No error has this name, so what is meant goes past the handler"
JITTER: Final = ("FULL", "NONE")


def handler_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    raised = _raised(definition) if is_known(definition) else None
    known = None if raised is None else PREDEFINED | raised
    for state in placed(definition):
        for field in ("Retry", "Catch"):
            entries = list(handlers(state.state, field))
            for path, entry in entries:
                errors, is_last = entry.get("ErrorEquals"), path == entries[-1][0]
                yield from _error_findings(state, path, errors, known, is_last=is_last)
                if field == "Retry":
                    yield from _number_findings(state, path, entry)
                elif "Next" not in entry:
                    yield _finding(state, f"{path}.Next", "unset", "the state that handles the error")


def _raised(definition: Mapping[str, object]) -> frozenset[str] | None:
    """The errors that Fail states make up in branches, around which they are caught; None where they are computed."""
    fails = [state.state for state in placed(definition) if state.kind == "Fail" and state.level.path != "definition"]
    errors = frozenset(str(fail.get("Error", "")) for fail in fails)
    is_computed = any("ErrorPath" in fail for fail in fails) or any(map(is_expression, errors))
    return None if is_computed else errors


def _error_findings(
    state: PlacedState, path: str, errors: object, known: frozenset[str] | None, *, is_last: bool
) -> Iterator[Finding]:
    if errors is UNKNOWN:
        return
    if not isinstance(errors, list) or not errors:
        yield _finding(state, f"{path}.ErrorEquals", shown(errors), "at least one name of an error")
        return
    if ALL_ERRORS in errors and not (is_last and len(errors) == 1):
        yield _finding(state, f"{path}.ErrorEquals", f"{ALL_ERRORS} among others", f"{ALL_ERRORS} alone and last")
    if known is None:
        return
    for name in errors:
        if isinstance(name, str) and name.startswith("States.") and not (name.startswith(_HTTP) or name in known):
            allowed = "the errors of the language, or names that begin otherwise"
            yield _finding(state, f"{path}.ErrorEquals", shown(name), allowed, _NEVER)


def _number_findings(state: PlacedState, path: str, retrier: Mapping[str, object]) -> Iterator[Finding]:
    for field, limits in RETRY_NUMBERS.items():
        given = number(retrier, field)
        if given is not None and not (limits.allows(given) and given == int(given)):
            yield _finding(state, f"{path}.{field}", f"{given:,}", str(limits))
    rate = number(retrier, "BackoffRate")
    if rate is not None and rate < 1:
        yield _finding(state, f"{path}.BackoffRate", f"{rate:,}", "1 or more")
    jitter = retrier.get("JitterStrategy")
    if isinstance(jitter, str) and jitter not in JITTER:
        yield _finding(state, f"{path}.JitterStrategy", shown(jitter), " or ".join(JITTER))


def _finding(state: PlacedState, path: str, value: str, allowed: str, why: str = REJECTED) -> Finding:
    return Finding(
        property=f"{state.path}.{path}",
        value=value,
        allowed=allowed,
        why=why,
        fix="Correct it; handlers are asked in their order, and the first that fits is taken",
    )


RULE = ResourceRule(
    name="state-machine-error-handlers",
    description="Retriers and catchers name errors that exist, States.ALL alone and last, with numbers in range.",
    remediation="Correct the names and numbers, and put States.ALL alone into the last entry.",
    types=MACHINES,
    check=by_definition(handler_findings),
)
