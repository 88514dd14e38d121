"""A function's image is built for the function's architecture, and for no other beside it."""

from collections.abc import Iterable

from policies.rules.container_image.image import ARCHITECTURES, IMAGES, LINUX, platform_property, platforms
from policies.rules.finding import Finding
from policies.rules.lambda_function.functions.function import FUNCTION
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.values import members


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    images = [image for kind in IMAGES for image in stack.of_type(kind)]
    for function in stack.of_type(FUNCTION):
        made_from = function.dependencies.get("imageUri", ())
        for image in images:
            built = platforms(image) if image.urn in made_from else None
            finding = None if built is None else _finding(function, image, built)
            if finding is not None:
                yield image, finding


def _finding(function: Resource, image: Resource, built: list[object]) -> Finding | None:
    if len(built) > 1:
        return Finding(
            property=platform_property(image),
            value=", ".join(map(str, built)),
            allowed=f"one platform, since the function '{function.name}' runs the image",
            why="Lambda rejects an index of several images: 'image manifest ... not supported'",
            fix="Build for the function's architecture only",
        )
    stated = members(function.properties, "architectures")
    wanted = stated[0] if len(stated) == 1 else None
    made = ARCHITECTURES.get(str(built[0])) if built else None
    if not isinstance(wanted, str) or made is None or made == wanted:
        return None
    return Finding(
        property=platform_property(image),
        value=str(built[0]),
        allowed=f"{LINUX.get(wanted, wanted)}, since the function '{function.name}' runs on {wanted}",
        why="The function is created and fails at each start with Runtime.InvalidEntrypoint: ProcessSpawnFailed",
        fix="Build for the function's architecture, or change architectures of the function",
    )


RULE = StackRule(
    name="container-image-platform-of-function",
    description="A function's image is built for the function's architecture alone.",
    remediation="Take platforms and architectures from one setting.",
    check=_check,
)
