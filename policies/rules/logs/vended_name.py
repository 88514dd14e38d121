"""Names of log groups that services write to: one prefix keeps the account's resource policy from filling up."""

from collections.abc import Iterable
from typing import Final

from policies.rules.aws_limits.logs import VENDED_PREFIX
from policies.rules.finding import Finding
from policies.rules.logs.group import LOG_GROUP
from policies.rules.references import refers
from policies.rules.rule import Resource, Severity, Stack, StackRule
from policies.rules.values import UNKNOWN, lookup

_WRITERS: Final = {
    "aws:sfn/stateMachine:StateMachine": ("loggingConfiguration", "logDestination"),
    "aws:apigatewayv2/stage:Stage": ("accessLogSettings", "destinationArn"),
    "aws:pipes/pipe:Pipe": ("logConfiguration", "cloudwatchLogsLogDestination", "logGroupArn"),
}


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for group in stack.of_type(LOG_GROUP):
        name = lookup(group.properties, "name")
        prefix = lookup(group.properties, "namePrefix")
        if UNKNOWN in (name, prefix) or str(name or prefix or "").startswith(VENDED_PREFIX):
            continue
        for writer in _writers(stack, group):
            yield group, _finding(name, writer)


def _writers(stack: Stack, group: Resource) -> Iterable[Resource]:
    for kind, path in _WRITERS.items():
        for writer in stack.of_type(kind):
            if refers(writer, path[0], lookup(writer.properties, *path), group):
                yield writer


def _finding(name: object, writer: Resource) -> Finding:
    return Finding(
        property="name",
        value=repr(name) if isinstance(name, str) else "unset (Pulumi makes one)",
        allowed=f"a name that begins with {VENDED_PREFIX}, as '{writer.name}' is a service that writes to it",
        why="Each other name takes space in the account's resource policy of 5,120 characters, and "
        "deployments are rejected once it is full",
        fix=f"Name it {VENDED_PREFIX}<service>/<name>",
    )


RULE = StackRule(
    name="log-group-vended-name",
    description=f"A log group that a state machine, stage or pipe writes to has a name under {VENDED_PREFIX}.",
    remediation=f"Name the log group {VENDED_PREFIX}states/<name>.",
    severity=Severity.ADVISORY,
    check=_check,
)
