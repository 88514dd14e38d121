"""What a definition says to AWS alone: fields that the sandbox's emulator ignores, so that it was never tried out."""

from collections.abc import Iterable, Mapping

from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule, Severity
from policies.rules.step_functions.definition import MACHINE, parsed
from policies.rules.step_functions.fields import unheard_fields
from policies.rules.step_functions.graph import levels


def portability_problems(definition: Mapping[str, object]) -> list[str]:
    """One sentence for each field that works on AWS only."""
    return [finding.sentence() for finding in portability_findings(definition)]


def portability_findings(definition: Mapping[str, object]) -> list[Finding]:
    return [
        Finding(
            property=f"{level.path}.States.{name}.{field}",
            value="set",
            allowed="fields that the sandbox obeys too",
            why="The emulator ignores it in silence, so a run in the sandbox shows nothing of what it does",
            fix="Use a Pass state with End for an output, and plain intervals for retries",
        )
        for level in levels(definition)
        for name, state in level.states.items()
        for field in unheard_fields(state)
    ]


def _check(machine: Resource) -> Iterable[Finding]:
    definition = parsed(machine)
    return [] if definition is None else portability_findings(definition)


RULE = ResourceRule(
    name="state-machine-portability",
    description="A state machine has no field that the emulator ignores, so that what was tried is what runs.",
    remediation="Use a Pass state with End instead of Output on Succeed, and no MaxDelaySeconds or JitterStrategy.",
    severity=Severity.ADVISORY,
    types=frozenset({MACHINE}),
    check=_check,
)
