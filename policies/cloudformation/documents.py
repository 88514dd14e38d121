"""JSON documents inside a property (policies, state machines, container definitions), and free data: copied within
bounds, so that what is too deep or too large costs neither time nor a RecursionError."""

import json
from collections.abc import Mapping
from typing import Final

from policies.rules.values import UNKNOWN

MAX_TEXT: Final = 65_536
"""Characters. The published rules compare every state of a machine with every other: what is as long as this costs them
less than a second, the megabyte that Step Functions takes minutes. The rules of this project judge those too."""
MAX_DEPTH: Final = 60
"""Far deeper than documents written by hand."""


class UnreadableError(Exception):
    """No JSON, or too deep or too large to be judged."""


def document(value: object) -> object:
    """Returns the document in a text of JSON, or the data itself where it is given as such.

    Raises UnreadableError. Unknown members are left out: see `known`.
    """
    if not isinstance(value, str):
        return known(value)
    if len(value) > MAX_TEXT:
        raise UnreadableError
    try:
        return known(json.loads(value))
    except (ValueError, RecursionError) as error:
        raise UnreadableError from error


def known(value: object, depth: int = MAX_DEPTH) -> object:
    """A copy without the members that are not known, UNKNOWN where nothing else is left of it."""
    if value is UNKNOWN:
        return UNKNOWN
    if depth == 0 and isinstance(value, Mapping | list):
        raise UnreadableError
    if isinstance(value, Mapping):
        members = {str(name): known(member, depth - 1) for name, member in value.items()}
        return {name: member for name, member in members.items() if member is not UNKNOWN}
    if isinstance(value, list):
        return [member for member in (known(one, depth - 1) for one in value) if member is not UNKNOWN]
    return value


def has_unknown(value: object, depth: int = MAX_DEPTH) -> bool:
    if depth == 0:
        return True
    if isinstance(value, Mapping):
        return any(has_unknown(member, depth - 1) for member in value.values())
    if isinstance(value, list):
        return any(has_unknown(member, depth - 1) for member in value)
    return value is UNKNOWN
