"""No address of an emulator in the variables of a function that is deployed."""

import re
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import urlsplit

from policies.rules.finding import Finding
from policies.rules.lambda_function.functions.function import FUNCTION
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import mapping

_EMULATORS: Final = re.compile(
    r"localstack|host\.docker\.internal|(?:.+\.)?localhost\.localstack\.cloud|(?:stepfunctions|dynamodb)-local"
)
_OWN: Final = re.compile(r"localhost|127(?:\.\d{1,3}){3}|0\.0\.0\.0|::1")
_SERVICES: Final = "AWS_ENDPOINT_URL"
"""A variable of this name, or with this prefix, gives the SDKs the address of AWS: no extension answers there."""


def _check(function: Resource) -> Iterable[Finding]:
    for name, value in mapping(function.properties, "environment", "variables").items():
        for host in _hosts(value):
            if _EMULATORS.fullmatch(host) or (name.startswith(_SERVICES) and _OWN.fullmatch(host)):
                yield Finding(
                    property=f"environment.variables.{name}",
                    value=f"an address at {host}",
                    allowed="addresses that a function in AWS can reach",
                    why="No emulator runs next to a function on AWS: each call waits and fails with "
                    "EndpointConnectionError",
                    fix="Leave the variable out; the emulator gives its functions the address itself",
                )
                break


def _hosts(value: object) -> Iterator[str]:
    """The hosts of the URLs in a text, in small letters."""
    if isinstance(value, str):
        for url in re.findall(r"\b\w+://[^\s\"',;]+", value):
            try:
                host = urlsplit(url).hostname
            except ValueError:  # brackets that hold no address
                continue
            if host:
                yield host


RULE = ResourceRule(
    name="lambda-function-emulator-endpoints",
    description="No variable of a function has an emulator's address in it.",
    remediation="Take AWS_ENDPOINT_URL and emulators' hosts out of what is deployed.",
    types=frozenset({FUNCTION}),
    check=_check,
)
