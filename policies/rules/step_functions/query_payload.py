"""What a Query or a Scan brings into the machine fits through it."""

from collections.abc import Iterator, Mapping
from typing import Final

from policies.rules.aws_limits.step_functions import PAYLOAD
from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule, Severity
from policies.rules.step_functions.states.graph import tasks
from policies.rules.step_functions.states.integration import argument, arguments, integration_of
from policies.rules.step_functions.states.machine import MACHINES, by_definition
from policies.rules.values import UNKNOWN

_READS: Final = frozenset({"query", "scan"})
_NARROWED: Final = ("ProjectionExpression", "AttributesToGet")


def payload_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    for task in tasks(definition):
        found, given = integration_of(task), arguments(task)
        if found is None or given is None or found.service != "dynamodb" or found.action not in _READS:
            continue
        field, values = given
        if argument(values, "Select") not in ("COUNT", UNKNOWN) and not any(
            argument(values, name) for name in _NARROWED
        ):
            yield Finding(
                property=f"{task.path}.{field}.ProjectionExpression",
                value="unset",
                allowed="the attributes that the machine works with",
                why=f"Items may have 400 KB, and more than {PAYLOAD.maximum:,} bytes end the execution with "
                "States.DataLimitExceeded, which States.ALL does not catch",
                fix="Name the attributes, and limit the number of items",
            )


RULE = ResourceRule(
    name="state-machine-query-payload",
    description="A Query or Scan in a state machine names the attributes that it returns.",
    remediation="Add a ProjectionExpression without the attributes that may be large.",
    severity=Severity.ADVISORY,
    types=MACHINES,
    check=by_definition(payload_findings),
)
