"""Where the program runs whose resources the engine hands to a policy pack.

The engine reads a relative path from that folder, starts the pack in the pack's own, and does not say where the
program's is. So it is looked for: the project file is above the folder that the user called Pulumi in.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

_PROJECT_FILES: Final = ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json")
_PROCESSES: Final = Path("/proc")
_ANCESTORS: Final = 8
"""Processes between the pack and a user's shell that are asked for their folder: the language host, the engine, and
what may have started it."""


@dataclass(frozen=True, slots=True)
class ProgramFolder:
    """`candidates` are folders that the program may run in, the most probable first."""

    candidates: Sequence[Path]

    @classmethod
    def of_environment(cls) -> "ProgramFolder":
        """From the pack's own process, as the engine started it."""
        project = os.environ.get("PULUMI_PROJECT", "")
        started = [*_folders_of_ancestors(), Path(os.environ.get("PWD", ".")), Path(__file__).parent]
        found = [_working_folder(folder, project) for folder in started]
        return cls(tuple(dict.fromkeys(folder for folder in found if folder is not None)))

    def find(self, path: str) -> str | None:
        """The absolute path of a file or folder that exists. The engine itself rejects a path that does not exist, so
        here it means that the program ran elsewhere, or earlier."""
        places = [path] if os.path.isabs(path) else [os.path.join(each, path) for each in self.candidates]  # noqa: PTH117, PTH118  keep a `/` at the end
        with suppress(ValueError):  # a null byte
            return next((place for place in places if os.path.exists(place)), None)  # noqa: PTH110
        return None


def _folders_of_ancestors() -> Iterator[Path]:
    """The working folders of the processes that this one descends from, where the system tells."""
    process = os.getppid()
    for _ in range(_ANCESTORS):
        try:
            yield (_PROCESSES / str(process) / "cwd").readlink()
            status = (_PROCESSES / str(process) / "stat").read_text()
        except OSError:
            return
        # After the name, which stands in brackets and may hold anything, come the state and the parent.
        process = int(status.rpartition(")")[2].split()[1])


def _working_folder(start: Path, project: str) -> Path | None:
    """The folder in which the project's program runs, from the project file at or above a folder."""
    for folder in (start, *start.parents):
        for name in _PROJECT_FILES:
            with suppress(OSError, UnicodeDecodeError, yaml.YAMLError):
                document = yaml.safe_load((folder / name).read_text(encoding="utf-8"))
                if isinstance(document, dict) and project in ("", document.get("name")):
                    return _of_main(folder, document.get("main"))
    return None


def _of_main(folder: Path, main: object) -> Path:
    """`main` names the program's folder or a file in it."""
    if not isinstance(main, str) or not main:
        return folder
    place = folder / main
    return place if place.is_dir() else place.parent
