"""The arguments of ContainerImage, and their validation."""

from pathlib import Path
from typing import Final, NotRequired, TypedDict

import pulumi

from components.functions.platform import code_problems
from components.image_config import config_problems
from components.refs import CodeRef
from components.tags import tag_problems
from policies.rules.image_address import is_pinned

ADAPTER_IMAGE: Final = "public.ecr.aws/awsguru/aws-lambda-adapter:1.0.0"
"""As the adapter's guide names it."""
_LONGEST_ADDRESS: Final = 1_024


class ContainerImageArgs(TypedDict):
    package: CodeRef
    """Package with the code and its dependencies, built by PythonPackage, which becomes /var/task."""
    home: str
    """Folder of everything that is built, in which the build's context is made: longrun_home."""
    extra: NotRequired[CodeRef]
    """Package with libraries that are too large for a zip, such as those of requirements/lancedb.txt, which go to
    /var/task too."""
    base_image: NotRequired[str]
    """Image with Python, and with the C library, to build upon; default: AWS's public copy of python:VERSION-slim."""
    adapter_image: NotRequired[str]
    """Image with the Lambda Web Adapter as /lambda-adapter; default: AWS's public one."""
    entry_point: NotRequired[list[str]]
    """Program that starts, by its absolute path, and its arguments. With command and working_directory, or without
    both: then it is that of the Dockerfile, /usr/local/bin/python3 -m runtime.http.streaming.main in /var/task."""
    command: NotRequired[list[str]]
    """More arguments of the program."""
    working_directory: NotRequired[str]
    """Folder in which the program starts, by its absolute path."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of every resource that has tags."""


def base_image(args: ContainerImageArgs) -> str:
    """The image to build upon."""
    version = args["package"]["runtime"].removeprefix("python")
    return args.get("base_image") or f"public.ecr.aws/docker/library/python:{version}-slim"


def adapter_image(args: ContainerImageArgs) -> str:
    """The image with the web adapter."""
    return args.get("adapter_image") or ADAPTER_IMAGE


def validate(args: ContainerImageArgs) -> list[str]:
    """One message for each argument with which the build, or the start of a function, would fail later."""
    return [
        *_package_problems("package", args["package"]),
        *(_package_problems("extra", args["extra"]) if "extra" in args else []),
        *_extra_problems(args),
        *_address_problems("base_image", base_image(args)),
        *_address_problems("adapter_image", adapter_image(args)),
        *config_problems("", args.get("entry_point"), args.get("command"), args.get("working_directory")),
        *tag_problems(args.get("tags")),
    ]


def _package_problems(argument: str, package: CodeRef) -> list[str]:
    tree = package.get("tree", "")
    missing = f"{argument}.tree is {tree!r}, which is not a folder; build it with PythonPackage"
    return [*code_problems(argument, package), *([] if tree and Path(tree).is_dir() else [missing])]


def _extra_problems(args: ContainerImageArgs) -> list[str]:
    if "extra" not in args:
        return []
    package, extra = args["package"], args["extra"]
    return [
        f"extra.{key} is {given!r}; allowed: {wanted}, which package has"
        for key, given, wanted in (
            ("runtime", extra["runtime"], package["runtime"]),
            ("architecture", extra["architecture"], package["architecture"]),
        )
        if given != wanted
    ]


def _address_problems(argument: str, address: str) -> list[str]:
    is_address = address.isprintable() and " " not in address and len(address) <= _LONGEST_ADDRESS
    if is_address and is_pinned(address):
        return []
    return [f"{argument} is {address[:200]!r}; allowed: repository:tag with a tag other than latest, or a digest"]
