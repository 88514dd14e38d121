"""One query language to a state, and no field of the other."""

from collections.abc import Iterator, Mapping

from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule
from policies.rules.step_functions.states.fields import FOREIGN_FIELDS, foreign_fields
from policies.rules.step_functions.states.graph import PlacedState, placed, shown
from policies.rules.step_functions.states.machine import MACHINES, REJECTED, by_definition
from policies.rules.values import UNKNOWN

FOREIGN = "Step Functions rejects a field of the other query language, and an emulator ignores it"


def language_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    whole = definition.get("QueryLanguage")
    if not _exists(whole):
        yield _language_finding("definition", whole)
        return
    for state in placed(definition):
        own = state.state.get("QueryLanguage")
        if not _exists(own):
            yield _language_finding(state.path, own)
        elif whole == "JSONata" and own == "JSONPath":
            yield Finding(
                property=f"{state.path}.QueryLanguage",
                value="JSONPath",
                allowed="JSONata, which the whole state machine uses",
                why=REJECTED,
                fix="Write the state in JSONata, or give the language state by state",
            )
        else:
            yield from _foreign_findings(state)


def _foreign_findings(state: PlacedState) -> Iterator[Finding]:
    for field in foreign_fields(state.state, state.language):
        yield Finding(
            property=f"{state.path}.{field}",
            value="set",
            allowed=f"the fields of {state.language}",
            why=FOREIGN,
            fix="Say the same in the state's own query language",
        )


def _exists(language: object) -> bool:
    return language in (None, UNKNOWN) or (isinstance(language, str) and language in FOREIGN_FIELDS)


def _language_finding(path: str, language: object) -> Finding:
    return Finding(
        property=f"{path}.QueryLanguage",
        value=shown(language),
        allowed=" or ".join(sorted(FOREIGN_FIELDS)),
        why=REJECTED,
        fix="Write one of them, in this spelling",
    )


RULE = ResourceRule(
    name="state-machine-query-language",
    description="A state has the fields of its query language only, and a state machine in JSONata has no other state.",
    remediation="Use Arguments, Output, Items and Condition in JSONata, Parameters, Variable and paths in JSONPath.",
    types=MACHINES,
    check=by_definition(language_findings),
)
