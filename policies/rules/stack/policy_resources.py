"""What policies allow things on is in the stack."""

from collections.abc import Iterator

from policies.rules.iam.statements.policy import IDENTITY, PlacedStatement, identity_documents, placed
from policies.rules.index import Index
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.stack.places.homes import stack_region
from policies.rules.stack.references.kinds import mentions
from policies.rules.stack.references.missing import Missing, missing_at, own

_WHY = "The statement allows nothing, and what was meant stays denied until it is needed"


def find(stack: Stack) -> Iterator[Missing]:
    """What statements of policies name and the stack does not hold."""
    index, region = Index.of(stack), stack_region(stack)
    for resource in index.of_types(*sorted(IDENTITY)):
        for statement in _statements(resource):
            named = {mention for _, arn in statement.texts("Resource") for mention in mentions(arn)}
            for mention in sorted(named, key=lambda mention: mention.name):
                yield from missing_at(resource, f"{statement.path}.Resource", mention, index, region, _WHY)


def _statements(resource: Resource) -> Iterator[PlacedStatement]:
    for path, raw in identity_documents(resource):
        yield from placed(path, raw)


RULE = StackRule(
    name="stack-policy-resources-exist",
    description="What a role's policy names, by a name that begins like the stack's own, is in the stack.",
    remediation="Build policies from the resources' arn outputs, or declare the resource external by an exception.",
    check=own(find),
)
