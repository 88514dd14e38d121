"""The context of an image's build: one folder, so that any client of BuildKit can build it."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Final

from components.container_image.bill_of_materials import FILE_NAME, bill_of_materials
from components.packaging.built import write_manifest
from components.packaging.cache import TREE, built_once
from components.refs import CodeRef

DOCKERFILE: Final = Path(__file__).with_name("Dockerfile")
VERIFICATION: Final = Path(__file__).with_name("verification")
WITHOUT_EXTRA: Final = "none"
WITH_EXTRA: Final = "extra"
"""Values of the build argument EXTRA: a folder below extras/."""

_VERSION: Final = "1"
"""Increase it when the same inputs make another context."""


@dataclass(frozen=True, slots=True)
class ImageContext:
    """`key` names the content."""

    folder: Path
    key: str

    @property
    def dockerfile(self) -> Path:
        return self.folder / DOCKERFILE.name

    @property
    def bill_of_materials(self) -> Path:
        return self.folder / "bill-of-materials" / FILE_NAME


def image_context(
    name: str, package: CodeRef, extra: CodeRef | None, home: Path, report: Callable[[str], None]
) -> ImageContext:
    """The context, from the folder below `home` if the same content was there before. `name` is that of the image."""
    packages = [package, *([extra] if extra else [])]
    key = _key(name, packages)
    folder = home / "images" / key

    def build(building: Path) -> None:
        _fill(building / TREE, name, [Path(each["tree"]) for each in packages])
        write_manifest(building, {"name": name, "packages": [each["path"] for each in packages]})

    return ImageContext(built_once(folder, build, report) / TREE, key)


def _key(name: str, packages: list[CodeRef]) -> str:
    parts = [_VERSION, name, *(_digest(Path(each["path"])) for each in packages)]
    own = [DOCKERFILE, *sorted(VERIFICATION.glob("*.py"))]
    return sha256("\0".join([*parts, *(f"{each.name} {_digest(each)}" for each in own)]).encode()).hexdigest()[:32]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _fill(context: Path, name: str, trees: list[Path]) -> None:
    package, *extra = trees
    context.mkdir()
    shutil.copyfile(DOCKERFILE, context / DOCKERFILE.name)
    shutil.copytree(package, context / "package", copy_function=_link)
    (context / "extras" / WITHOUT_EXTRA).mkdir(parents=True)
    for tree in extra:
        shutil.copytree(tree, context / "extras" / WITH_EXTRA, copy_function=_link)
    shutil.copytree(VERIFICATION, context / "verification", ignore=shutil.ignore_patterns("__pycache__"))
    (context / "bill-of-materials").mkdir()
    (context / "bill-of-materials" / FILE_NAME).write_text(bill_of_materials(name, trees))


def _link(source: str, target: str) -> str:
    try:
        Path(target).hardlink_to(source)
    except OSError:
        # On another disk.
        shutil.copy2(source, target)
    return target
