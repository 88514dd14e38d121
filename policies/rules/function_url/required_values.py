"""Rules about URLs of functions that demand one value of one property."""

import re
from typing import Final

from policies.rules.accepted_values import matching, other_than
from policies.rules.function_url.url import FUNCTION_URL
from policies.rules.required_value import RequiredValue, rules_of
from policies.rules.rule import Resource
from policies.rules.values import lookup

_ALIAS: Final = re.compile(r"|(?!\d+$)[\w-]{1,128}", re.ASCII)
"""The name of an alias, or none."""


def _allows_credentials(url: Resource) -> bool:
    return lookup(url.properties, "cors", "allowCredentials") is True


RULES: Final = rules_of(
    RequiredValue(
        name="function-url-not-public",
        types=[FUNCTION_URL],
        property="authorizationType",
        accepts=other_than("NONE"),
        value="NONE",
        allowed="AWS_IAM, unless an exception with its reason stands in the policy configuration",
        why="Everyone who finds the URL can run the agent at this account's cost; a URL has no throttle or firewall",
        fix="Set authorizationType to AWS_IAM, or put an API with an authorizer before the function",
        description="A function's URL asks for AWS credentials.",
        remediation="Set authorization_type=AWS_IAM; give the reason for a public URL as an exception in the "
        "policy configuration.",
    ),
    RequiredValue(
        name="function-url-cors-credentials",
        types=[FUNCTION_URL],
        property="cors.allowOrigins",
        applies=_allows_credentials,
        accepts=lambda origins: not isinstance(origins, list) or "*" not in origins,
        value="* with allowCredentials",
        allowed="the origins of the pages that call it",
        why="Any page that a user opens could call the agent as that user",
        fix="List the origins, or leave allowCredentials out",
        description="A URL that allows credentials lists its origins.",
        remediation="List the origins in cors.allow_origins.",
    ),
    RequiredValue(
        name="function-url-qualifier",
        types=[FUNCTION_URL],
        property="qualifier",
        accepts=matching(_ALIAS),
        value=str,
        allowed="the name of an alias",
        why="Lambda rejects a URL for a version or for $LATEST with a ValidationException",
        fix="Make an alias of the version and name it, or leave qualifier out for the unpublished function",
        description="A URL's qualifier is the name of an alias.",
        remediation="Name an alias, or leave qualifier out.",
    ),
)
