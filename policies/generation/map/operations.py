"""The API operation that makes a resource, from botocore's service models: the map's cross-check. Development time
only."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

import botocore.loaders

from policies.generation.map.names import singular

VERBS: Final = ("Create", "Put", "Register", "Modify", "Set", "Add", "Allocate", "Associate", "Attach", "Enable")
"""How operations begin that make something, or set it."""

Operations = Mapping[str, Mapping[str, frozenset[str]]]
"""By the prefix that permissions have, then by the resource in its singular, in small letters: the operations."""


def read_operations() -> Operations:
    """Every making operation of every service. Takes about ten seconds."""
    loader = botocore.loaders.Loader()
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for service in loader.list_available_services("service-2"):
        model = loader.load_service_model(service, "service-2")
        metadata = model["metadata"]
        for prefix in {service, metadata["endpointPrefix"], metadata.get("signingName", service)}:
            for operation in model["operations"]:
                for verb in VERBS:
                    if operation.startswith(verb):
                        found[prefix][singular(operation.removeprefix(verb))].add(operation)
    return {
        prefix: {name: frozenset(operations) for name, operations in names.items()} for prefix, names in found.items()
    }
