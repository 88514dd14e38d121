"""JSONata that Step Functions does not have, and values that it does not offer at their place."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule
from policies.rules.step_functions.states.graph import placed
from policies.rules.step_functions.states.jsonata import ROOT, is_expression, read, strings
from policies.rules.step_functions.states.jsonata_tokens import tokens
from policies.rules.step_functions.states.machine import MACHINES, REJECTED, by_definition

_FIXES: Final[Mapping[str, str]] = {
    "??": "Write $exists(a) ? a : b for a ?? b",
    "?:": "Write a ? a : b for a ?: b",
    ROOT: "Start from $states.input or from a variable",
}
_CATCHER: Final = re.compile(r"Catch\[\d+\]\.(?:Assign|Output)(?![^.\[])")
_ERROR: Final = ("$states", ".", "errorOutput")


def supported_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    for state in placed(definition):
        for path, text in strings(state.state) if state.language == "JSONata" else ():
            if not is_expression(text):
                continue
            prop = f"{state.path}.{path}"
            if sign := read(text).unsupported:
                allowed = "the operators and functions of JSONata 2.0.6, and $states and variables as their start"
                yield _finding(prop, f"an expression with {sign}", allowed, _FIXES[sign])
            if _reads_error(text) and not _CATCHER.match(path):
                allowed = "$states.errorOutput in the Assign and Output of a catcher"
                fix = "Keep the error by Assign in the catcher, and read the variable"
                yield _finding(prop, "an expression that reads $states.errorOutput", allowed, fix)


def _reads_error(text: str) -> bool:
    found = [token.text for token in tokens(text)]
    return any(tuple(found[index : index + 3]) == _ERROR for index in range(len(found)))


def _finding(prop: str, value: str, allowed: str, fix: str) -> Finding:
    return Finding(property=prop, value=value, allowed=allowed, why=REJECTED, fix=fix)


RULE = ResourceRule(
    name="state-machine-jsonata-supported",
    description="Expressions use JSONata 2.0.6, so neither ?? nor ?:, and $states.errorOutput in catchers only.",
    remediation="Write the condition out, start from $states.input or a variable, and keep an error by Assign.",
    types=MACHINES,
    check=by_definition(supported_findings),
)
