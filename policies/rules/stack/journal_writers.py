"""Who may write a journal: the parts that are given it by name, and they its items only."""

from collections.abc import Iterable
from typing import Final

from policies.rules.dynamodb.table import TABLE as TABLE_TYPE
from policies.rules.finding import Finding
from policies.rules.iam.statements.permissions import Grant, Permissions
from policies.rules.iam.statements.policy import ROLE
from policies.rules.index import Index
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.stack.references.variables import TABLE, hosts

_WRITES: Final = tuple(
    f"dynamodb:{operation}"
    for operation in (
        *("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"),
        *("PartiQLInsert", "PartiQLUpdate", "PartiQLDelete"),
    )
)
_CHANGES: Final = tuple(
    f"dynamodb:{operation}"
    for operation in ("DeleteTable", "UpdateTable", "UpdateTimeToLive", "RestoreTableToPointInTime")
)
_WHY: Final = "A run's history is trusted because only its own parts write it: tools and readers could forge answers"


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    index = Index.of(stack)
    permissions = Permissions.of(index)
    journals = _journals(index)
    writers = _writers(index)
    if not journals or writers is None:
        return
    for role in index.of_types(ROLE):
        forbidden = _CHANGES if role.urn in writers else (*_CHANGES, *_WRITES)
        for grant in permissions.grants(role):
            for journal in journals:
                done = [action for action in forbidden if permissions.allows(grant, action, journal) is True]
                if done:
                    yield grant.holder, _finding(grant, role, journal, done, writes=done[0] in _WRITES)


def _journals(index: Index) -> tuple[Resource, ...]:
    named = (
        index.find(host.variables[TABLE], (TABLE_TYPE,)).resource for host in hosts(index) if TABLE in host.variables
    )
    return tuple({table.urn: table for table in named if table is not None}.values())


def _writers(index: Index) -> frozenset[str] | None:
    """The URNs of the roles of all parts that are given a journal; None where one of them is not known."""
    roles = [index.target(host.resource, host.role_property, (ROLE,)) for host in hosts(index) if host.may_have(TABLE)]
    if any(role.uncertain for role in roles):
        return None
    return frozenset(role.resource.urn for role in roles if role.resource is not None)


def _finding(grant: Grant, role: Resource, journal: Resource, actions: list[str], *, writes: bool) -> Finding:
    return Finding(
        property=f"{grant.path}.Action",
        value=f"{', '.join(actions)} on the journal '{journal.name}' for '{role.name}'",
        allowed=f"such actions for functions, runtimes and tasks with {TABLE} only"
        if writes
        else "actions on the journal's items",
        why=_WHY if writes else "A part of the system could remove every run's history, or let it expire",
        fix=f"Allow '{role.name}' to read the journal only" if writes else "Leave the table to the deployment",
    )


RULE = StackRule(
    name="stack-journal-writers",
    description="Only functions, runtimes and tasks that get a journal's name may write it, and none may change the "
    "table.",
    remediation="Attach the journal's write policy to the functions that record runs, and to no tool or reader.",
    check=_check,
)
