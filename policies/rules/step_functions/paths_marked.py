"""JSONPath in a payload template works only under a key that ends with .$"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule, Severity
from policies.rules.step_functions.states.graph import placed
from policies.rules.step_functions.states.jsonata import strings
from policies.rules.step_functions.states.machine import MACHINES, by_definition

_TEMPLATES: Final = ("Parameters.", "ResultSelector.", "ItemSelector.")
_PATH: Final = re.compile(r"\$\$?(?:\.[A-Za-z_][\w.\[\]-]*)|States\.[A-Z][A-Za-z0-9]*\(.*\)", re.DOTALL)


def template_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    for state in placed(definition):
        for path, text in strings(state.state) if state.language == "JSONPath" else ():
            if path.startswith(_TEMPLATES) and not path.endswith(".$") and _PATH.fullmatch(text):
                yield Finding(
                    property=f"{state.path}.{path}",
                    value=f"the text of {text[:80]!r}",
                    allowed="a path or an intrinsic function under a key that ends with .$",
                    why="Step Functions passes the text itself, and the receiver uses it as the value",
                    fix="Add .$ to the key",
                )


RULE = ResourceRule(
    name="state-machine-paths-marked",
    description="A JSONPath in Parameters, ResultSelector or ItemSelector has a key that ends in .$.",
    remediation="Add .$ to the key, so that the path is read and not passed.",
    severity=Severity.ADVISORY,
    types=MACHINES,
    check=by_definition(template_findings),
)
