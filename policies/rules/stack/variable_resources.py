"""What variables name is in the stack."""

from collections.abc import Iterator

from policies.rules.index import Index
from policies.rules.rule import Stack, StackRule
from policies.rules.stack.places.homes import stack_region
from policies.rules.stack.references.missing import Missing, missing_at, own
from policies.rules.stack.references.variables import hosts


def find(stack: Stack) -> Iterator[Missing]:
    """What variables name and the stack does not hold."""
    index, region = Index.of(stack), stack_region(stack)
    for host in hosts(index):
        for name, mention in host.mentions():
            yield from missing_at(host.resource, host.path(name), mention, index, region)


RULE = StackRule(
    name="stack-variable-resources-exist",
    description="What a variable names, by a name that begins like the stack's own, is in the stack.",
    remediation="Pass the resource's output as the variable's value, or declare it external by an exception.",
    check=own(find),
)
