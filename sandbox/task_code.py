"""What the sandbox needs of a container's image, for the deployment and for tasks: the command's module."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

_PYTHON: Final = re.compile(r"(?:.*/)?python3?(?:\.\d+)?")


def is_python(word: str) -> bool:
    """Whether a command line that begins with the word runs Python."""
    return _PYTHON.fullmatch(word) is not None


def module_files(words: Sequence[str]) -> tuple[str, ...]:
    """The files of a package that a command line of Python may start, relative to its folder."""
    arguments = list(words[1:]) if words and is_python(words[0]) else []
    while arguments and arguments[0].startswith("-") and arguments[0] not in ("-m", "-c"):
        arguments.pop(0)
    match arguments:
        case ["-m", module, *_]:
            base = module.replace(".", "/")
            return f"{base}.py", f"{base}/__main__.py"
        case [script, *_] if script.endswith(".py"):
            inside = [part for part in PurePosixPath(script).parts if part not in ("/", "..")]
            return ("/".join(inside),)
    return ()


def tree_with(trees: Iterable[Path], words: Sequence[str]) -> Path | None:
    """The folder that has the module of the command line; of several, the one with most libraries: an image has all
    that its command needs, while a function may have the module without them."""
    files = module_files(words)
    found = [tree for tree in trees if any((tree / file).is_file() for file in files)]
    return max(found, key=lambda tree: sum(1 for _ in tree.glob("*.dist-info")), default=None)


def code_problem(image: str, words: Sequence[str]) -> str:
    """Why the sandbox has no code for an image, where no package has the command's module."""
    files = module_files(words)
    wanted = f"none of the program's packages has {files[0]}" if files else "its command names no Python module"
    return (
        f"the sandbox has no code for the image {image}: {wanted}; without Docker, an image runs from the package in "
        "S3 that has the module of its command (python -m MODULE), or from a folder that POST /_longrun/images names"
    )
