"""Checks an image from inside, as the last step of its build. Exit code 1, with what is wrong, for one that could not
start; otherwise the mark is written, which the build copies."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from .handler import Handler, Handlers
from .image_files import ImageFiles
from .libraries import Libraries
from .problem import ImageProblemError
from .programs import Programs

ADAPTER: Final = "/opt/extensions/lambda-adapter"
"""The Lambda Web Adapter, which Lambda starts beside the application."""
_EXTENSIONS: Final = "/opt/extensions"


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code."""
    given = _parser().parse_args(arguments)
    try:
        checked = verify(given.root, given.architecture, given.entry_point, given.command, given.working_directory)
    except ImageProblemError as problem:
        sys.stderr.write(f"verification: {problem}\n")
        return 1
    if given.mark:
        given.mark.parent.mkdir(parents=True, exist_ok=True)
        given.mark.write_text("".join(f"{line}\n" for line in checked))
    sys.stdout.write("".join(f"verification: {line}\n" for line in checked))
    return 0


def verify(
    root: Path, architecture: str, entry_point: Sequence[str], command: Sequence[str], working_directory: str
) -> list[str]:
    """Returns what was checked. Raises ImageProblemError for the first problem."""
    is_own = root == Path("/")
    files = ImageFiles(root)
    search = os.environ.get("LD_LIBRARY_PATH", "") if is_own else ""
    programs = Programs(files, Libraries(files, [folder for folder in search.split(":") if folder]), architecture)
    if not entry_point:
        raise ImageProblemError("the entry point is empty")
    if not working_directory.startswith("/"):
        raise ImageProblemError(f"the working directory is {working_directory!r}; give an absolute path")
    programs.check(entry_point[0], "the entry point")
    extensions = [f"{_EXTENSIONS}/{name}" for name in files.names(_EXTENSIONS)]
    for path in sorted({*extensions, ADAPTER}):
        programs.check(path, "the extension")
    handler = Handler.of(entry_point, command)
    _handlers(files, entry_point[0], is_own=is_own).check(handler, working_directory)
    return [
        f"{entry_point[0]} can be executed on {architecture}",
        *(f"{path} has its libraries" for path in sorted({*extensions, ADAPTER})),
        f"{handler.module} can be imported in {working_directory}",
    ]


def _handlers(files: ImageFiles, program: str, *, is_own: bool) -> Handlers:
    """With the image's own Python where that is what it starts."""
    is_python = is_own and PurePosixPath(program).name.startswith("python")
    return Handlers(files, program) if is_python else Handlers(files)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="verification", description="Check that an image can start on AWS Lambda.")
    parser.add_argument("--root", type=Path, default=Path("/"), help="folder with the image's files")
    parser.add_argument("--architecture", required=True, choices=["arm64", "x86_64"], help="CPU of the function")
    parser.add_argument("--entry-point", required=True, type=_words, help="JSON list: the program and its arguments")
    parser.add_argument("--command", required=True, type=_words, help="JSON list: more arguments")
    parser.add_argument("--working-directory", required=True, help="folder in which the program starts")
    parser.add_argument("--mark", type=Path, help="file that is written where all is well")
    return parser


def _words(text: str) -> list[str]:
    words = json.loads(text)
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise argparse.ArgumentTypeError("give a JSON list of texts")
    return words


if __name__ == "__main__":
    raise SystemExit(main())
