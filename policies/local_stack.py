"""The sandbox as a stack: how the rules know it, and what they let pass there."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from policies.configuration import Configuration, Exemption, RuleConfiguration, exemptions

ENDPOINTS: Final = "aws:endpoints"
"""The key of a stack's configuration with the addresses that stand in for those of AWS."""

EXCEPTIONS_FILE: Final = Path(__file__).with_name("local.json")


def is_local(endpoints: str | None) -> bool:
    """Whether all the addresses, as the configuration holds them (JSON), are of this machine. Without any it is AWS
    that the stack is deployed to."""
    try:
        addresses = list(_texts(json.loads(endpoints or "null")))
    except (ValueError, RecursionError):
        return False
    return bool(addresses) and all(map(_is_loopback, addresses))


def with_local_exceptions(configuration: Configuration) -> Configuration:
    """The configuration with the exceptions of the sandbox in addition."""
    rules = dict(configuration.rules)
    for name, local in local_exceptions().items():
        given = rules.get(name, RuleConfiguration())
        rules[name] = RuleConfiguration(given.level, tuple(dict.fromkeys((*given.exemptions, *local))))
    return Configuration(configuration.level, rules)


@cache
def local_exceptions() -> Mapping[str, tuple[Exemption, ...]]:
    """By rule, from policies/local.json."""
    document = json.loads(EXCEPTIONS_FILE.read_text(encoding="utf-8"))
    return {name: exemptions(name, given["exceptions"]) for name, given in document.items()}


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for member in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(member)


def _is_loopback(address: str) -> bool:
    try:
        host = urlsplit(address).hostname or ""
        return host == "localhost" or host.endswith(".localhost") or ip_address(host).is_loopback
    except ValueError:
        return False
