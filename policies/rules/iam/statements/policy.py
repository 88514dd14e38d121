"""Where policies stand in IAM's resources, and their statements with the path of each.

Identity policies define what a role, a user or a group may do; a trust policy defines who may assume a role.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from policies.rules.documents import document
from policies.rules.finding import Finding
from policies.rules.resource_policy import Statement, label
from policies.rules.rule import Resource
from policies.rules.values import UNKNOWN, lookup

ROLE: Final = "aws:iam/role:Role"
POLICY: Final = "aws:iam/policy:Policy"
ROLE_POLICY: Final = "aws:iam/rolePolicy:RolePolicy"
USER_POLICY: Final = "aws:iam/userPolicy:UserPolicy"
GROUP_POLICY: Final = "aws:iam/groupPolicy:GroupPolicy"
INLINE: Final = frozenset({ROLE_POLICY, USER_POLICY, GROUP_POLICY})
IDENTITY: Final = frozenset({ROLE, POLICY, *INLINE})
TRUST: Final = "assumeRolePolicy"


@dataclass(frozen=True, slots=True)
class PlacedStatement:
    """A statement, the path of the property that it stands at, and how a message names it."""

    path: str
    statement: Statement
    name: str

    def values(self, element: str) -> Iterator[tuple[str, object]]:
        """(path, value) of what stands under an element, one or a list of them."""
        found = self.statement.get(element)
        if isinstance(found, list):
            yield from ((f"{self.path}.{element}[{index}]", value) for index, value in enumerate(found))
        elif found is not None:
            yield f"{self.path}.{element}", found

    def texts(self, element: str) -> Iterator[tuple[str, str]]:
        """The values that are known."""
        yield from ((path, value) for path, value in self.values(element) if isinstance(value, str))

    @property
    def allows(self) -> bool:
        return self.statement.get("Effect") == "Allow"

    @property
    def is_known(self) -> bool:
        """Whether all of Action and Resource is known."""
        listed = [value for element in ("Action", "Resource") for _, value in self.values(element)]
        return UNKNOWN not in (*listed, *(self.statement.get(name) for name in ("NotAction", "NotResource")))


def identity_documents(resource: Resource) -> Iterator[tuple[str, object]]:
    """(path, document as it is written) of each identity policy of a resource."""
    if resource.type != ROLE:
        yield "policy", lookup(resource.properties, "policy")
        return
    inline = lookup(resource.properties, "inlinePolicies")
    for index, policy in enumerate(inline if isinstance(inline, list) else ()):
        yield f"inlinePolicies[{index}].policy", policy.get("policy") if isinstance(policy, Mapping) else UNKNOWN


def documents(resource: Resource) -> Iterator[tuple[str, object]]:
    """The identity policies and, of a role, the trust policy."""
    if resource.type == ROLE:
        yield TRUST, lookup(resource.properties, TRUST)
    yield from identity_documents(resource)


def placed(path: str, raw: object) -> Iterator[PlacedStatement]:
    """The known statements of a document, one or a list of them."""
    found = document(raw)
    statements = None if found is None else found.get("Statement")
    for index, statement in enumerate(statements if isinstance(statements, list) else [statements]):
        if isinstance(statement, Mapping):
            place = f"{path}.Statement[{index}]" if isinstance(statements, list) else f"{path}.Statement"
            yield PlacedStatement(place, statement, label(statement, index))


def of_identity(judge: Callable[[PlacedStatement], Iterable[Finding]]) -> Callable[[Resource], Iterable[Finding]]:
    """The check of a rule that judges each statement of an identity policy by itself."""

    def check(resource: Resource) -> Iterable[Finding]:
        for path, raw in identity_documents(resource):
            for statement in placed(path, raw):
                yield from judge(statement)

    return check


def of_trust(judge: Callable[[PlacedStatement], Iterable[Finding]]) -> Callable[[Resource], Iterable[Finding]]:
    """The check of a rule that judges each statement of a role's trust policy by itself."""

    def check(resource: Resource) -> Iterable[Finding]:
        for statement in placed(TRUST, lookup(resource.properties, TRUST)):
            yield from judge(statement)

    return check
