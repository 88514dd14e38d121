"""Findings about a resource's policy that is no JSON, or that lets everyone in."""

from collections.abc import Iterator

from policies.rules.documents import document
from policies.rules.finding import Finding
from policies.rules.json_finding import json_finding
from policies.rules.resource_policy import is_public, label, statements
from policies.rules.rule import Resource
from policies.rules.values import lookup


def open_policy_findings(resource: Resource, *, rejected: str, why: str, prop: str = "policy") -> Iterator[Finding]:
    """`rejected` is what the service does with a malformed policy, `why` what everyone could do with an open one."""
    malformed = json_finding(resource.properties, prop, rejected=rejected)
    if malformed is not None:
        yield malformed
        return
    for position, statement in enumerate(statements(document(lookup(resource.properties, prop)))):
        if is_public(statement):
            yield Finding(
                property=prop,
                value=f"open to everyone by {label(statement, position)}",
                allowed="principals by ARN, account or service, or a condition on who calls",
                why=why,
                fix="Name the principal, or add a condition on aws:PrincipalOrgID, aws:SourceArn or aws:SourceAccount",
            )
