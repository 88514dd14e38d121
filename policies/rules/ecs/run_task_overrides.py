"""What a task gets when it is run fits into its overrides."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from policies.rules.aws_limits.ecs import OVERRIDES
from policies.rules.ecs.run_task import run_tasks
from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule
from policies.rules.step_functions.states.jsonata import strings
from policies.rules.step_functions.states.machine import MACHINES, by_definition, is_known

_WHOLE: Final = re.compile(
    r"\{%\s*\$string\(\s*\$states\.input\s*\)\s*%\}|States\.JsonToString\(\s*\$\s*\)|\$|\{%\s*\$states\.input\s*%\}"
)
"""All that the state is given, whatever that is."""

_REJECTED: Final = "ECS rejects the call with InvalidParameterException when the state is reached"


def override_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    for task in run_tasks(definition):
        overrides = task.argument("Overrides")
        if not isinstance(overrides, Mapping):
            continue
        if is_known(overrides) and len(text := json.dumps(overrides, separators=(",", ":"))) > OVERRIDES.maximum:
            yield _finding(f"{task.path}.Overrides", f"{len(text):,} characters")
        for path, text in strings(overrides):
            if _WHOLE.fullmatch(text):
                yield _finding(f"{task.path}.Overrides.{path}", "the whole input of the state")


def _finding(prop: str, value: str) -> Finding:
    return Finding(
        property=prop,
        value=value,
        allowed=f"at most {OVERRIDES.maximum:,} characters of overrides together, as JSON",
        why=_REJECTED,
        fix="Keep the input in S3 or in the journal, and pass its key",
    )


RULE = ResourceRule(
    name="ecs-run-task-overrides",
    description="The overrides of a task that a state machine runs stay below 8,192 characters, whatever its input is.",
    remediation="Pass the key of an object or item instead of the input itself.",
    types=MACHINES,
    check=by_definition(override_findings),
)
