"""What must hold for a map before it is written. Development time only."""

from collections.abc import Iterator, Sequence

from policies.cloudformation.overlay import Overlay
from policies.cloudformation.sdk import Sdk
from policies.cloudformation.types import Match


def problems(found: Sequence[Match], sdk: Sdk, overlay: Overlay) -> list[str]:
    """One sentence for each thing that is wrong with the map or its overlay; none for a sound one."""
    return [*_unknown_types(sdk, overlay), *_unused(found, overlay)]


def _unknown_types(sdk: Sdk, overlay: Overlay) -> Iterator[str]:
    for token in overlay.types:
        if token not in sdk.resources:
            yield f"overlay.toml: the SDK has no type {token}"


def _unused(found: Sequence[Match], overlay: Overlay) -> Iterator[str]:
    used = {match.token: match.matcher.used for match in found}
    for token, reviewed in overlay.types.items():
        if reviewed.type != "":
            for name in sorted({*reviewed.properties, *reviewed.ignore} - used.get(token, set())):
                yield f"overlay.toml: {token} has no property {name}"
