"""Domain names speak TLS 1.2 or newer."""

from collections.abc import Iterable
from typing import Final

from policies.rules.api_gateway.api import DOMAIN_NAME, REST_DOMAIN_NAME
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import lookup

PATH: Final = {DOMAIN_NAME: ("domainNameConfiguration", "securityPolicy"), REST_DOMAIN_NAME: ("securityPolicy",)}
OLD: Final = (None, "", "TLS_1_0")


def _check(domain: Resource) -> Iterable[Finding]:
    path = PATH[domain.type]
    policy = lookup(domain.properties, *path)
    if policy not in OLD:
        return []
    finding = Finding(
        property=".".join(path),
        value=str(policy or "unset"),
        allowed="TLS_1_2 or a newer policy",
        why="TLS 1.0 and 1.1 are broken and refused by audits; what is unset may be the old one",
        fix="Set securityPolicy to TLS_1_2",
    )
    return [finding]


RULE = ResourceRule(
    name="api-gateway-domain-tls",
    description="A domain name of an API demands TLS 1.2.",
    remediation="Set security_policy to TLS_1_2.",
    types=frozenset({DOMAIN_NAME, REST_DOMAIN_NAME}),
    check=_check,
)
