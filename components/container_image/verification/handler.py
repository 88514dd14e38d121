"""Whether what the image starts is there and can be imported: the module and, in Lambda's form, its function."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .image_files import ImageFiles
from .import_time import calls_at_import
from .problem import ImageProblemError

_SECONDS: Final = 120
"""Of an import under emulation of another CPU; Lambda gives it 10."""
_SHOWN: Final = 2_000

_IMPORT: Final = """
import importlib, sys
module = importlib.import_module(sys.argv[1])
if sys.argv[2] and not callable(getattr(module, sys.argv[2], None)):
    raise SystemExit(f"it defines no function {sys.argv[2]}")
"""


@dataclass(frozen=True, slots=True)
class Handler:
    """A module by its dotted name; `function` is empty where the module is started as a program."""

    module: str
    function: str

    @classmethod
    def of(cls, entry_point: Sequence[str], command: Sequence[str]) -> "Handler":
        """What `python -m` starts, or the handler that the entry point gets, such as path/to/module.handler. Raises
        ImageProblemError for neither."""
        words = [*entry_point, *command]
        if "-m" in words[:-1]:
            return cls(words[words.index("-m") + 1], "")
        module, _, function = command[-1].rpartition(".") if command else ("", "", "")
        if not module or not function.isidentifier():
            shown = " ".join(words)
            raise ImageProblemError(f"{shown!r} starts no Python module; give python -m MODULE, or a handler")
        return cls(module.replace("/", "."), function)


class Handlers:
    """Checks handlers. `python` is the program that imports them."""

    def __init__(self, files: ImageFiles, python: str = sys.executable) -> None:
        self._files = files
        self._python = python

    def check(self, handler: Handler, folder: str) -> None:
        """Raises ImageProblemError with the file that was looked for; `folder` is the working directory."""
        if not self._files.is_folder(folder):
            raise ImageProblemError(
                f"the working directory {folder} does not exist in the image; a container engine would create it, empty"
            )
        path = self._file(handler, folder)
        if not self._files.is_readable(path):
            raise ImageProblemError(f"{path} may not be read by Lambda's user; run chmod 644 {path}")
        for line, call in calls_at_import(self._files.bytes(path), path):
            raise ImageProblemError(
                f"{path} calls {call} in line {line}, when it is imported; call it in a function, which the start of "
                "the image calls"
            )
        self._import(handler, folder, path)

    def _file(self, handler: Handler, folder: str) -> str:
        base = f"{folder.rstrip('/')}/{handler.module.replace('.', '/')}"
        package = f"{base}/__init__.py" if handler.function else f"{base}/__main__.py"
        for path in (f"{base}.py", package):
            if self._files.is_file(path):
                return path
        raise ImageProblemError(f"there is no module {handler.module} in {folder}: looked for {base}.py and {package}")

    def _import(self, handler: Handler, folder: str, path: str) -> None:
        command = [self._python, "-c", _IMPORT, handler.module, handler.function]
        # The command's own folder is where python -m and Lambda look first.
        variables = {**os.environ, "PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            done = subprocess.run(  # noqa: S603  the image's own Python
                command,
                cwd=self._files.on_disk(folder),
                env=variables,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ImageProblemError(f"the import of {path} has not ended after {_SECONDS} seconds") from None
        if done.returncode != 0:
            raise ImageProblemError(f"{path} cannot be imported: {done.stderr.strip()[-_SHOWN:]}")
