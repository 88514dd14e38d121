"""A URL belongs to a function or to an alias of it."""

import re
from collections.abc import Iterable

from policies.rules.finding import Finding
from policies.rules.function_url.url import FUNCTION_URL
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import text


def _check(url: Resource) -> Iterable[Finding]:
    qualifier = text(url.properties, "qualifier")
    if not qualifier or re.fullmatch(r"(?!\d+$)[\w-]{1,128}", qualifier, re.ASCII):
        return []
    finding = Finding(
        property="qualifier",
        value=qualifier,
        allowed="the name of an alias",
        why="Lambda refuses a URL for a version or for $LATEST with a ValidationException",
        fix="Make an alias of the version and name it, or leave qualifier out for the unpublished function",
    )
    return [finding]


RULE = ResourceRule(
    name="function-url-qualifier",
    description="A URL's qualifier is the name of an alias.",
    remediation="Name an alias, or leave qualifier out.",
    types=frozenset({FUNCTION_URL}),
    check=_check,
)
