"""Expressions for DynamoDB name no attribute by a word that DynamoDB keeps for itself."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from policies.rules.aws_limits.dynamodb import RESERVED_WORDS
from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule
from policies.rules.step_functions.states.graph import tasks
from policies.rules.step_functions.states.integration import argument, arguments, integration_of
from policies.rules.step_functions.states.machine import MACHINES, by_definition

_EXPRESSIONS: Final = (
    "KeyConditionExpression",
    "FilterExpression",
    "ProjectionExpression",
    "ConditionExpression",
    "UpdateExpression",
)
_NAME: Final = re.compile(r"(?<![\w:#])[A-Za-z]\w*(?!\w|\s*\()")
_SYNTAX: Final = frozenset({"and", "or", "not", "between", "in", "set", "remove", "add", "delete"})


def reserved_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    for task in tasks(definition):
        found, given = integration_of(task), arguments(task)
        if found is None or given is None or found.service != "dynamodb":
            continue
        field, values = given
        for name in _EXPRESSIONS:
            expression = argument(values, name)
            if isinstance(expression, str) and (words := _reserved(expression)):
                yield Finding(
                    property=f"{task.path}.{field}.{name}",
                    value=f"an expression with the reserved {', '.join(words)}",
                    allowed="names of attributes that are not among DynamoDB's reserved words, or aliases such as #s",
                    why="DynamoDB rejects the call with a ValidationException whenever the state is reached",
                    fix=f"Write #{words[0]} and add it to ExpressionAttributeNames",
                )


def _reserved(expression: str) -> list[str]:
    if expression.startswith(("{%", "$", "States.")):
        return []
    names = dict.fromkeys(match[0] for match in _NAME.finditer(expression))
    return [name for name in names if name.lower() in RESERVED_WORDS - _SYNTAX]


RULE = ResourceRule(
    name="state-machine-reserved-words",
    description="Expressions of a state machine for DynamoDB name attributes by no reserved word.",
    remediation="Name such attributes by an alias, #status, and declare it in ExpressionAttributeNames.",
    types=MACHINES,
    check=by_definition(reserved_findings),
)
