"""Names of queues and topics: those of FIFO ones end in .fifo, and no others."""

from collections.abc import Iterator

from policies.rules.aws_limits import Name
from policies.rules.finding import Finding
from policies.rules.rule import Resource
from policies.rules.values import UNKNOWN, lookup, quoted, text


def name_findings(resource: Resource, *, flag: str, names: Name, rejected: str) -> Iterator[Finding]:
    """`flag` is the property that makes it FIFO, `rejected` what the service does with another name."""
    name, ordered = text(resource.properties, "name"), lookup(resource.properties, flag)
    if name is not None and not names.allows(name):
        allowed = "letters, digits, hyphens and underscores, with .fifo at the end of a FIFO name"
        yield Finding("name", quoted(name), allowed, rejected, "Leave the name to Pulumi, or shorten it")
    elif name is not None and ordered is not UNKNOWN and name.endswith(".fifo") is not (ordered is True):
        allowed = f"a name with .fifo at its end together with {flag}, or neither"
        given = f"{name!r}, with {flag} {'on' if ordered is True else 'off'}"
        yield Finding("name", given, allowed, rejected, f"Set {flag} to true, or take .fifo off the name")
    deduplication = lookup(resource.properties, "contentBasedDeduplication")
    if deduplication is True and ordered is not True and ordered is not UNKNOWN:
        allowed = f"unset, without {flag}"
        fix = f"Set {flag} to true, or remove contentBasedDeduplication"
        yield Finding("contentBasedDeduplication", "true", allowed, rejected, fix)
