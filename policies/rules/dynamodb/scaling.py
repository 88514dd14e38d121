"""A provisioned table that follows its load: the tokens of one more run are not rejected."""

from collections.abc import Iterable
from typing import Final

from policies.rules.dynamodb.capacity import provisioned
from policies.rules.dynamodb.table import TABLE
from policies.rules.finding import Finding
from policies.rules.references import companions
from policies.rules.rule import Resource, Severity, Stack, StackRule
from policies.rules.values import UNKNOWN, lookup

SCALING_TARGET: Final = "aws:appautoscaling/target:Target"
_DIMENSIONS: Final = ("dynamodb:table:ReadCapacityUnits", "dynamodb:table:WriteCapacityUnits")


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for table in stack.of_type(TABLE):
        if not provisioned(table):
            continue
        targets = companions(stack, (SCALING_TARGET,), "resourceId", table)
        scaled = [lookup(target.properties, "scalableDimension") for target in targets.known]
        fixed = [dimension for dimension in _DIMENSIONS if dimension not in scaled]
        if fixed and not targets.uncertain and UNKNOWN not in scaled:
            yield table, _finding(fixed)


def _finding(fixed: list[str]) -> Finding:
    return Finding(
        property="billingMode",
        value=f"PROVISIONED without a scaling target for {' and '.join(fixed)}",
        allowed="PAY_PER_REQUEST, or PROVISIONED with a scaling target for both capacities",
        why="A burst of runs over a fixed capacity is throttled, and events of running agents come late or not at all",
        fix="Set billingMode to PAY_PER_REQUEST, or add an appautoscaling Target and Policy for each",
    )


RULE = StackRule(
    name="dynamodb-table-scaling",
    description="A DynamoDB table with a capacity of its own scales by its load.",
    remediation="Set billing_mode to PAY_PER_REQUEST, or add an appautoscaling Target and Policy for each capacity.",
    severity=Severity.ADVISORY,
    check=_check,
)
