"""A function that streams an agent's answer has memory, and with it CPU, for the agent's libraries and its stream."""

from collections.abc import Iterable
from typing import Final

from policies.rules.aws_limits import LAMBDA_DEFAULT_MEMORY, LAMBDA_MEMORY, Range
from policies.rules.finding import Finding
from policies.rules.lambda_function.function import FUNCTION, streams
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import figure, lookup

WORKER_MEMORY: Final = Range(1_024, LAMBDA_MEMORY.maximum, "MB", LAMBDA_MEMORY.source)
"""With less, the import of an agent's libraries alone may take longer than the 10 s that Lambda gives to a start."""


def _check(function: Resource) -> Iterable[Finding]:
    memory = lookup(function.properties, "memorySize")
    if not streams(function) or not (memory is None or isinstance(memory, int | float)):
        return []
    effective = LAMBDA_DEFAULT_MEMORY if memory is None else memory
    if effective < LAMBDA_MEMORY.minimum or effective >= WORKER_MEMORY.minimum:
        return []
    finding = Finding(
        property="memorySize",
        value=f"unset (Lambda's default of {LAMBDA_DEFAULT_MEMORY})" if memory is None else figure(memory),
        allowed=f"{WORKER_MEMORY.minimum:,} MB or more for a function that streams an agent's answer",
        why="Lambda gives CPU by memory: the agent's start outlasts the 10 s of Lambda's init and its stream stutters",
        fix=f"Set memorySize to {WORKER_MEMORY.minimum} or more",
    )
    return [finding]


RULE = ResourceRule(
    name="lambda-function-worker-memory",
    description="A function that streams an agent's answer has at least 1,024 MB of memory.",
    remediation="Set memory_size=1024 or more on the worker (longrun:workerMemory).",
    types=frozenset({FUNCTION}),
    check=_check,
)
