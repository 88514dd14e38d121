"""The code of an image. No image is pulled: its files are those of a folder on this machine."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sandbox.interpreters import OWN_VERSION, interpreter_of
from sandbox.sidecar.agent_sessions.workspace import AgentWorkspace
from sandbox.sidecar.containers.program import StartError
from sandbox.task_code import code_problem, is_python, tree_with

_COMPILED: Final = re.compile(r"\.cpython-3(?P<minor>\d+)-")


class Images:
    """The folders of images: those that were registered, and the unpacked packages of the deployed program."""

    def __init__(self, workspace: AgentWorkspace) -> None:
        self._workspace = workspace
        self._pythons: dict[Path, Path] = {}

    def tree(self, image: str, words: Sequence[str]) -> Path:
        """The folder that the container works in: the image's own one, or else the package that has the command's
        module. Raises StartError."""
        registered = self._workspace.image(image)
        if registered is not None:
            return registered
        tree = tree_with(self._workspace.trees(), words)
        if tree is None:
            raise StartError("CannotPullContainerError", code_problem(image, words))
        return tree

    def command(self, words: Sequence[str], tree: Path) -> list[str]:
        """The command line on this machine. `python` is this machine's, with the folder's modules and the standard
        library only. Raises StartError."""
        if not words:
            raise StartError(
                "CannotStartContainerError",
                "the container has neither an entry point nor a command, and the sandbox does not know the image's "
                "own; set the command",
            )
        if not is_python(words[0]):
            return list(words)
        # -S: a module that the image lacks must be missing, even if it is installed on this machine.
        return [str(self._python(tree)), "-S", *words[1:]]

    def _python(self, tree: Path) -> Path:
        if tree not in self._pythons:
            version = _version(tree)
            found = interpreter_of(version)
            if found is None:
                raise StartError(
                    "CannotStartContainerError",
                    f"the code in {tree} is compiled for Python {version}, which this machine lacks; install it "
                    f"(`uv python install {version}`), or set longrun:pythonVersion to host",
                )
            self._pythons[tree] = found
        return self._pythons[tree]


def _version(tree: Path) -> str:
    """The version of Python for which the folder's libraries are compiled; this process's own where none is."""
    for library in tree.rglob("*.so"):
        if found := _COMPILED.search(library.name):
            return f"3.{found['minor']}"
    return OWN_VERSION
