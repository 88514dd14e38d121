"""Who may call a runtime that takes tokens: where their issuer is found, and for whom a token must be made."""

import re
from collections.abc import Iterable
from typing import Final

from policies.rules.agentcore.runtime import REJECTED, RUNTIMES
from policies.rules.aws_limits.agentcore import DISCOVERY_URL
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import mapping, text

PROPERTY: Final = "authorizerConfiguration.customJwtAuthorizer"
FILTERS: Final = ("allowedAudiences", "allowedClients", "allowedScopes", "customClaims")


def _check(runtime: Resource) -> Iterable[Finding]:
    authorizer = mapping(runtime.properties, "authorizerConfiguration", "customJwtAuthorizer")
    url = text(authorizer, "discoveryUrl")
    if url is not None and not re.fullmatch(DISCOVERY_URL, url):
        yield Finding(
            property=f"{PROPERTY}.discoveryUrl",
            value=repr(url[:200]),
            allowed="an https URL that ends with /.well-known/openid-configuration",
            why=REJECTED,
            fix="Give the issuer's discovery document, not the issuer itself",
        )
    if authorizer and not any(authorizer.get(name) for name in FILTERS):
        yield Finding(
            property=PROPERTY,
            value="without a condition on tokens",
            allowed=f"at least one of {', '.join(FILTERS)}",
            why="AgentCore rejects it: any token of the issuer would do, whomever it was made for",
            fix="Name the clients or the audience that tokens have to be made for",
        )


RULE = ResourceRule(
    name="agentcore-runtime-authorizer",
    description="A runtime that accepts tokens names their issuer's discovery document and their clients or audiences.",
    remediation="Set discoveryUrl to …/.well-known/openid-configuration, and allowedClients or allowedAudiences.",
    types=RUNTIMES,
    check=_check,
)
