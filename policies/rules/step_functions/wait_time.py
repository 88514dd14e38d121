"""A Wait has one duration."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule
from policies.rules.step_functions.states.graph import PlacedState, placed, shown
from policies.rules.step_functions.states.machine import MACHINES, REJECTED, by_definition

TIMES: Final = ("Seconds", "SecondsPath", "Timestamp", "TimestampPath")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")


def wait_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    for state in placed(definition):
        if state.kind != "Wait":
            continue
        given = [name for name in TIMES if name in state.state]
        if len(given) != 1:
            yield _finding(state.path, f"a Wait with {' and '.join(given) or 'no time'}", f"one of {', '.join(TIMES)}")
        yield from _timestamp_findings(state)


def _timestamp_findings(state: PlacedState) -> Iterator[Finding]:
    moment = state.state.get("Timestamp")
    if isinstance(moment, str) and not moment.startswith("{%") and not _MOMENT.fullmatch(moment):
        yield _finding(f"{state.path}.Timestamp", shown(moment), "a moment like 2030-01-01T00:00:00Z")


def _finding(prop: str, value: str, allowed: str) -> Finding:
    return Finding(property=prop, value=value, allowed=allowed, why=REJECTED, fix="Say once for how long it waits")


RULE = ResourceRule(
    name="state-machine-wait-time",
    description="Every Wait has one of Seconds, SecondsPath, Timestamp and TimestampPath.",
    remediation="Set one of them.",
    types=MACHINES,
    check=by_definition(wait_findings),
)
