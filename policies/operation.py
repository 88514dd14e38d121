"""What the engine shows a policy pack of one operation (a preview, an update), and what of it the rules judge.

The engine hands out each resource twice: its inputs, when the program registers it, and at the end, with all the
others, its outputs. In the outputs of what is deployed the provider has filled in every attribute, most with a zero
value ("", 0, false) that the program never set. So the rules judge the inputs, and take from the outputs what the
inputs do not know yet.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from policies.rules.index import NAMES
from policies.rules.rule import Resource
from policies.rules.values import UNKNOWN


class Operation:
    """The resources that the program has registered, by URN."""

    def __init__(self) -> None:
        self._registered: dict[str, Resource] = {}
        self._ended = False

    def register(self, resource: Resource) -> None:
        """Takes a resource with its inputs. After the end of an operation it is the first of the next one."""
        if self._ended:
            self._registered.clear()
            self._ended = False
        self._registered[resource.urn] = resource

    def end(self, deployed: Iterable[Resource]) -> tuple[tuple[Resource, ...], frozenset[str]]:
        """Returns the resources of the stack, from those with the outputs as properties, and the URNs that are judged.

        What the program has not registered comes last, and for the others' references only: it is read from elsewhere,
        or this operation leaves it alone.
        """
        self._ended = True
        known = [self._known(resource) for resource in deployed]
        known.sort(key=lambda resource: resource.urn not in self._registered)
        return tuple(known), frozenset(self._registered)

    def _known(self, deployed: Resource) -> Resource:
        registered = self._registered.get(deployed.urn)
        if registered is None:
            return replace(deployed, properties=_without_zeros(deployed.properties))
        return replace(
            deployed,
            properties={
                name: _filled(value, deployed.properties.get(name)) for name, value in registered.properties.items()
            },
            assets=registered.assets,
            identity=_identity(deployed.properties),
        )


def _identity(outputs: Mapping[str, object]) -> dict[str, str]:
    found = {name: outputs.get(name) for name in NAMES}
    return {name: value for name, value in found.items() if isinstance(value, str) and value}


def _filled(given: object, found: object) -> object:
    """The input, with what was not known in it taken from the output."""
    if given is UNKNOWN:
        known = _nonzero(found)
        return UNKNOWN if known is None else known
    if isinstance(given, Mapping) and isinstance(found, Mapping):
        return {name: _filled(value, found.get(name)) for name, value in given.items()}
    if isinstance(given, list) and isinstance(found, list) and _is_aligned(given, found):
        return [_filled(value, other) for value, other in zip(given, found, strict=True)]
    return given


def _is_aligned(given: Sequence[object], found: Sequence[object]) -> bool:
    """Whether the known texts are at the same places in both: the provider returns a set in an order of its own."""
    return len(given) == len(found) and all(
        value == other for value, other in zip(given, found, strict=True) if isinstance(value, str)
    )


def _without_zeros(properties: Mapping[str, object]) -> dict[str, object]:
    found = {name: _nonzero(value) for name, value in properties.items()}
    return {name: value for name, value in found.items() if value is not None}


def _nonzero(value: object) -> object:
    """None for what the provider writes where nothing is set."""
    if isinstance(value, Mapping):
        return _without_zeros(value) or None
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_nonzero(member) for member in value] or None
    return value if value is UNKNOWN or value else None
