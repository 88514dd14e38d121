"""JSONata between {% and %}, with quotes and brackets in pairs."""

from collections.abc import Iterator, Mapping

from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule
from policies.rules.step_functions.states.graph import placed
from policies.rules.step_functions.states.jsonata import CLOSING, OPENING, is_expression, read, strings
from policies.rules.step_functions.states.machine import MACHINES, REJECTED, by_definition

_PLAIN = "Step Functions takes the string as it stands, and what reads it gets the expression instead of its value"


def expression_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    for state in placed(definition):
        for path, text in strings(state.state):
            prop = f"{state.path}.{path}"
            if state.language == "JSONata":
                yield from _jsonata_findings(prop, text)
            elif state.language == "JSONPath" and is_expression(text):
                value = "a JSONata expression in a state that uses JSONPath"
                yield _finding(prop, value, _PLAIN, "Set QueryLanguage to JSONata")


def _jsonata_findings(prop: str, text: str) -> Iterator[Finding]:
    if is_expression(text):
        found = read(text)
        if found.problem:
            yield _finding(prop, f"an expression with {found.problem}", REJECTED)
        elif "eval" in found.read:
            yield _finding(prop, "an expression that calls $eval, which Step Functions has not", REJECTED, "Use $parse")
    elif text.startswith(OPENING) or text.endswith(CLOSING):
        yield _finding(prop, "an expression that begins or ends in the middle of its string", REJECTED)
    elif is_expression(text.strip()):
        yield _finding(prop, "an expression with blanks around it", _PLAIN)


def _finding(
    prop: str, value: str, why: str, fix: str = "Write {% first, %} last, and each bracket in a pair"
) -> Finding:
    return Finding(property=prop, value=value, allowed="{% … %} around a whole JSONata expression", why=why, fix=fix)


RULE = ResourceRule(
    name="state-machine-expressions-closed",
    description="JSONata stands between {% and %} in states that use it, its quotes and brackets in pairs.",
    remediation="Let the string begin with {% and end with %}, and set QueryLanguage to JSONata.",
    types=MACHINES,
    check=by_definition(expression_findings),
)
