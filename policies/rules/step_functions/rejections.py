"""What CreateStateMachine rejects of a definition, in the form in which AWS reports it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from policies.rules.documents import document
from policies.rules.finding import Finding
from policies.rules.rule import Resource
from policies.rules.step_functions import definition_parses, express_limits
from policies.rules.step_functions.definition import JUDGES
from policies.rules.step_functions.expressions_closed import expression_findings
from policies.rules.step_functions.jsonata_supported import supported_findings
from policies.rules.step_functions.query_language import FOREIGN
from policies.rules.step_functions.start_exists import start_findings
from policies.rules.step_functions.states.machine import MACHINE, REJECTED
from policies.rules.step_functions.states_reached import reachability_findings
from policies.rules.step_functions.transitions_exist import transition_findings

_GENERAL: Final = "SCHEMA_VALIDATION_FAILED"
_CODES: Final[Mapping[Callable[[Mapping[str, object]], Iterable[Finding]], str]] = {
    start_findings: "MISSING_TRANSITION_TARGET",
    transition_findings: "MISSING_TRANSITION_TARGET",
    reachability_findings: "MISSING_TRANSITION_TARGET",
    expression_findings: "INVALID_JSONATA_EXPRESSION",
    supported_findings: "INVALID_JSONATA_EXPRESSION",
}
"""Codes other than the general one; AWS documents none of them, and its error messages show them."""

_REASONS: Final = frozenset({REJECTED, FOREIGN})
"""Why a finding of these is one of AWS too: others are about executions."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """One diagnostic of Step Functions; `location` is a path like /States/Work/Next."""

    code: str
    location: str
    message: str


def rejections(definition: str, kind: str = "STANDARD") -> list[Rejection]:
    """Returns what AWS rejects of a definition's text, for a state machine of type STANDARD or EXPRESS."""
    machine = Resource(MACHINE, "", "", {"definition": definition, "type": kind})
    parsed = document(definition)
    unparsed = [_rejection("INVALID_JSON_DESCRIPTION", one) for one in definition_parses.RULE.check(machine)]
    if unparsed or parsed is None:
        return unparsed
    found = [(_CODES.get(judge, _GENERAL), finding) for judge in JUDGES for finding in judge(parsed)]
    found += [(_GENERAL, finding) for finding in express_limits.RULE.check(machine)]
    return [_rejection(code, finding) for code, finding in found if finding.why in _REASONS]


def _rejection(code: str, finding: Finding) -> Rejection:
    location = finding.property.removeprefix("definition").replace(".", "/") or "/"
    return Rejection(code, location, f"It is {finding.value}; allowed: {finding.allowed}")
