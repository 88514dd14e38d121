"""Fields of a definition that work on AWS only: the sandbox's emulator ignores them, so they were never tried out."""

from collections.abc import Iterator, Mapping

from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule, Severity
from policies.rules.step_functions.states.fields import unheard_fields
from policies.rules.step_functions.states.graph import placed
from policies.rules.step_functions.states.machine import MACHINES, by_definition


def portability_problems(definition: Mapping[str, object]) -> list[str]:
    """Returns a message for each field that works on AWS only."""
    return [finding.explanation() for finding in portability_findings(definition)]


def portability_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    for state in placed(definition):
        for field in unheard_fields(state.state):
            yield Finding(
                property=f"{state.path}.{field}",
                value="set",
                allowed="fields that the sandbox obeys too",
                why="The emulator ignores it without notice, so a run in the sandbox does not test it",
                fix="Use a Pass state with End for an output",
            )


RULE = ResourceRule(
    name="state-machine-portability",
    description="A state machine has no field that the emulator ignores, so that what was tested is what runs.",
    remediation="Use a Pass state with End instead of Output on Succeed.",
    severity=Severity.ADVISORY,
    types=MACHINES,
    check=by_definition(portability_findings),
)
