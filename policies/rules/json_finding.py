"""The finding about a property that must hold a JSON object and does not."""

from collections.abc import Mapping

from policies.rules.documents import is_malformed, json_problem
from policies.rules.finding import Finding
from policies.rules.values import lookup


def json_finding(properties: Mapping[str, object], *path: str, rejected: str) -> Finding | None:
    """`rejected` is what the service does with such a text, which itself is not shown. None where nothing is wrong,
    nothing is set, or it is not known."""
    value = lookup(properties, *path)
    if not is_malformed(value):
        return None
    return Finding(
        property=".".join(path),
        value=json_problem(value) or "JSON of another kind",
        allowed="a JSON object",
        why=rejected,
        fix="Write it with a JSON library",
    )
