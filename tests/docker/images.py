"""Images that are built from ContainerImage's own context and arguments, without Pulumi and a registry."""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from components.container_image.args import ContainerImageArgs
from components.container_image.container_image import build_args
from components.container_image.context import image_context
from components.image_config import ImageConfig
from components.packaging.target import own_architecture, own_python_version
from components.refs import CodeRef
from tests.docker.engine import Done, Engine

UNCHECKED: Final = ("--target", "image")
"""Builds the image as it is before its checks."""


@dataclass(frozen=True, slots=True)
class Images:
    """Builds images from a base and an image with the adapter; what is built on the way lies in `home`."""

    engine: Engine
    base: str
    adapter: str
    home: Path

    def upon(self, base: str) -> "Images":
        return replace(self, base=base)

    def build(
        self, package: CodeRef, config: ImageConfig | None = None, architecture: str = "", *options: str
    ) -> tuple[str, Done]:
        """The image's name, and how its build ended. `architecture` is the function's, if it is not this machine's."""
        args: ContainerImageArgs = {
            "package": {**package, "architecture": architecture or package["architecture"]},
            "home": str(self.home),
            "base_image": self.base,
            "adapter_image": self.adapter,
        }
        if config:
            args["entry_point"] = config["entry_point"]
            args["command"] = config["command"]
            args["working_directory"] = config["working_directory"]
        context = image_context("docker-test", package, None, self.home, lambda _: None)
        name = self.engine.new_name("image")
        return name, self.engine.build(name, context.folder, build_args(args), *options)

    def built(self, package: CodeRef, config: ImageConfig | None = None) -> str:
        """The name of an image whose build has to succeed."""
        name, done = self.build(package, config)
        assert done.code == 0, done.output
        return name


@dataclass(frozen=True, slots=True)
class File:
    """A file of a package."""

    content: bytes
    mode: int = 0o644


def small_package(folder: Path, files: Mapping[str, File]) -> CodeRef:
    """A package as PythonPackage leaves it, with these files and no dependencies."""
    tree = folder / "tree"
    for name, file in files.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
        path.chmod(file.mode)
    with zipfile.ZipFile(folder / "package.zip", "w") as zipped:
        for name, file in sorted(files.items()):
            zipped.writestr(f"{name} {file.mode:o}", file.content)
    return {
        "path": str(folder / "package.zip"),
        "runtime": f"python{own_python_version()}",
        "architecture": own_architecture(),
        "tree": str(tree),
    }
