"""What the roles of a stack may do, as far as their policies are known.

Deny statements and permission boundaries are not weighed: the answer True means that a policy allows it. An answer is
None where it is not known, for example in a preview, where most policies are made of ARNs that are yet to come.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Final

from policies.rules.api_gateway.api import API
from policies.rules.aws_limits.iam import MANAGED_POLICIES, ROLE_SIZE
from policies.rules.documents import document
from policies.rules.iam.statements.policy import POLICY, ROLE, ROLE_POLICY, identity_documents, placed
from policies.rules.index import Index, is_vague, names_of
from policies.rules.resource_policy import Statement
from policies.rules.rule import Resource
from policies.rules.values import UNKNOWN, lookup

ATTACHMENT: Final = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
_EXCLUSIVE: Final = "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive"
_WEIGHED: Final = 10 * ROLE_SIZE.maximum
"""Characters; IAM rejects what is longer by far, and it would take long to weigh."""

_AWS_POLICY: Final = re.compile(r"arn:[a-z-]+:iam::aws:policy/(?:[\w-]+/)*(?P<name>[\w-]+)")


@dataclass(frozen=True, slots=True)
class Grant:
    """An Allow statement that is known, and where it stands: the path in the properties of its holder."""

    statement: Statement
    holder: Resource
    path: str

    def actions(self) -> Iterator[object]:
        yield from _listed(self.statement.get("Action"))

    def resources(self) -> Iterator[object]:
        yield from _listed(self.statement.get("Resource"))


@dataclass(slots=True)
class _Held:
    grants: list[Grant]
    uncertain: bool = False


@dataclass(frozen=True, slots=True)
class Permissions:
    """By the URN of a role: what its policies allow, and whether there is, or may be, a policy that is not known."""

    index: Index
    held: Mapping[str, _Held]
    adrift: bool
    """Whether there is a policy of which it is not known to which role it belongs."""

    @classmethod
    def of(cls, index: Index) -> "Permissions":
        held: dict[str, _Held] = defaultdict(lambda: _Held([]))
        adrift = False
        for role in index.of_types(ROLE):
            _hold(held[role.urn], role)
            held[role.urn].uncertain |= lookup(role.properties, "inlinePolicies") is UNKNOWN
            _attach(
                index, held[role.urn], role, "managedPolicyArns", lookup(role.properties, "managedPolicyArns") or []
            )
        for policy in index.of_types(ROLE_POLICY, ATTACHMENT):
            reference = index.target(policy, "role", (ROLE,))
            adrift |= reference.uncertain
            if reference.resource is None:
                continue
            if policy.type == ROLE_POLICY:
                _hold(held[reference.resource.urn], policy)
            else:
                arn = lookup(policy.properties, "policyArn")
                _attach(index, held[reference.resource.urn], policy, "policyArn", [arn])
        return cls(index, dict(held), adrift or bool(index.by_type.get(_EXCLUSIVE)))

    def role(self, resource: Resource, prop: str) -> Resource | None:
        """The role that a property names; None where it is not in the stack or not known."""
        return self.index.target(resource, prop, (ROLE,)).resource

    def may(self, role: Resource, action: str, target: Resource | None = None) -> bool | None:
        """Whether the role may do this with the target, or with anything where none is given; `s3:*` as an action
        stands for any one of the service."""
        answers = [self.allows(grant, action, target) for grant in self.grants(role)]
        if True in answers:
            return True
        return False if None not in answers and self.is_whole(role) else None

    def grants(self, role: Resource) -> tuple[Grant, ...]:
        """The statements that are known to be the role's."""
        return tuple(self.held.get(role.urn, _Held([])).grants)

    def is_whole(self, role: Resource) -> bool:
        """Whether there are no others."""
        return not self.adrift and not self.held.get(role.urn, _Held([])).uncertain

    def allows(self, grant: Grant, action: str, target: Resource | None = None) -> bool | None:
        """Whether one statement allows it."""
        named = [_names_action(given, action) for given in grant.actions()]
        if "NotAction" in grant.statement:
            named = [None]
        if True not in named and None not in named:
            return False
        reached = True if target is None else self.reaches(grant, target)
        return reached if True in named else reached and None

    def reaches(self, grant: Grant, target: Resource) -> bool | None:
        """Whether a resource of the statement is, or takes in, the target."""
        if "NotResource" in grant.statement:
            return None
        answers = [self._covers(given, target) for given in grant.resources()]
        return True if True in answers else None if None in answers else False

    def _covers(self, given: object, target: Resource) -> bool | None:
        if not isinstance(given, str):
            return None
        found = self.index.find(given, (target.type,)).resource
        if given == "*" or found is target:
            return True
        pattern = _name_in_arn(given)
        if "*" not in pattern and "?" not in pattern:
            return None if found is None and (is_vague(target) or _has_hidden_id(target)) else False
        names = names_of(target)
        if pattern.strip("*") == "" or any(fnmatchcase(name, pattern) for name in names or ()):
            return True
        return None if names is None else False


def _has_hidden_id(target: Resource) -> bool:
    """Whether its ARN holds an id that AWS generates and that the properties do not contain."""
    return target.type == API and not isinstance(lookup(target.properties, "id"), str)


def _hold(held: _Held, holder: Resource) -> None:
    for path, raw in identity_documents(holder):
        if isinstance(raw, str) and len(raw) > _WEIGHED:
            held.uncertain = True
            continue
        found = document(raw)
        held.uncertain |= found is None or not isinstance(found.get("Statement"), list | Mapping)
        for statement in placed(path, raw):
            effect = statement.statement.get("Effect")
            held.uncertain |= effect is UNKNOWN
            if effect == "Allow":
                held.grants.append(Grant(statement.statement, holder, statement.path))
        listed = None if found is None else found.get("Statement")
        held.uncertain |= isinstance(listed, list) and UNKNOWN in listed


def _attach(index: Index, held: _Held, holder: Resource, prop: str, arns: object) -> None:
    """The statements of a stack's own managed policy; of AWS's, what is known of them."""
    for arn in arns if isinstance(arns, list) else [UNKNOWN]:
        policy = index.named(holder, prop, arn, (POLICY,)).resource
        match = _AWS_POLICY.fullmatch(arn) if isinstance(arn, str) else None
        if policy is not None:
            _hold(held, policy)
        elif match is not None and match["name"] in MANAGED_POLICIES:
            statement = {"Effect": "Allow", "Action": list(MANAGED_POLICIES[match["name"]]), "Resource": "*"}
            held.grants.append(Grant(statement, holder, prop))
        else:
            held.uncertain = True


def _names_action(given: object, action: str) -> bool | None:
    if not isinstance(given, str):
        return None
    wanted, pattern = action.lower(), given.lower()
    if wanted.endswith(":*"):
        return pattern == "*" or pattern.startswith(wanted[:-1])
    # Compiling a pattern takes long, and most actions are none.
    return fnmatchcase(wanted, pattern) if "*" in pattern or "?" in pattern else wanted == pattern


@lru_cache(maxsize=1024)
def _name_in_arn(arn: str) -> str:
    """The part of an ARN that holds a resource's name: `data` in arn:aws:s3:::data/*."""
    parts = arn.split(":", 5)
    if len(parts) < 6:  # noqa: PLR2004  an ARN's parts
        return arn
    service, rest = parts[2], parts[5]
    if service in ("s3", "execute-api"):
        return rest.partition("/")[0]
    if service in ("lambda", "logs", "secretsmanager", "states") and ":" in rest:
        return rest.split(":")[1]
    return rest.partition("/")[2] if "/" in rest else rest


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [] if value is None else [value]
