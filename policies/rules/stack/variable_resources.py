"""What variables name is in the stack."""

from collections.abc import Iterable

from policies.rules.finding import Finding
from policies.rules.index import Index
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.stack.places.homes import stack_region
from policies.rules.stack.references.missing import missing_finding
from policies.rules.stack.references.variables import hosts


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    index, region = Index.of(stack), stack_region(stack)
    for host in hosts(index):
        for name, mention in host.mentions():
            if mention.is_missing(index, region):
                yield host.resource, missing_finding(host.path(name), mention.kind, mention.name)


RULE = StackRule(
    name="stack-variable-resources-exist",
    description="Every table, bucket, queue, function or secret that a variable names is in the stack.",
    remediation="Pass the resource's output as the variable's value, or declare it external by an exception.",
    check=_check,
)
