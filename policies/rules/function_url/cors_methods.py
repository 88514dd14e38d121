"""Methods of a URL's CORS in the form that Lambda takes."""

from collections.abc import Iterable
from typing import Final

from policies.rules.finding import Finding
from policies.rules.function_url.url import FUNCTION_URL
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import members

METHODS: Final = ("GET", "PUT", "HEAD", "POST", "PATCH", "DELETE", "*")
"""Lambda answers OPTIONS itself, and rejects the word: a method has six characters at most."""


def _check(url: Resource) -> Iterable[Finding]:
    return [
        Finding(
            property=f"cors.allowMethods[{index}]",
            value=method,
            allowed=", ".join(METHODS),
            why="Lambda rejects the URL with a ValidationException",
            fix="Leave OPTIONS out, which Lambda answers itself, and write the others in capitals",
        )
        for index, method in enumerate(members(url.properties, "cors", "allowMethods"))
        if isinstance(method, str) and method not in METHODS
    ]


RULE = ResourceRule(
    name="function-url-cors-methods",
    description="A URL's CORS names methods in capitals, and not OPTIONS.",
    remediation='Write allow_methods=["GET", "POST"] or ["*"].',
    types=frozenset({FUNCTION_URL}),
    check=_check,
)
