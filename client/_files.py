"""The files of a run: their metadata, and their safe paths on this machine."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from client._errors import LongrunError
from contract.limits import MAX_FILE_NAME_LENGTH

_NAME: Final = re.compile(rf"[A-Za-z0-9._/-]{{1,{MAX_FILE_NAME_LENGTH}}}")
_UNSAFE_PARTS: Final = frozenset({"", ".", ".."})


@dataclass(frozen=True, slots=True)
class RunFile:
    """A file of a run. `name` is its path among the run's files, such as `plots/balance.png`; `bytes` is its size.

    `url` gives access to the file for 15 minutes, without other credentials.
    """

    name: str
    bytes: int
    content_type: str
    url: str

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> "RunFile":
        """A file from a files frame. KeyError, TypeError or ValueError if it is malformed."""
        return cls(str(wire["name"]), int(wire["bytes"]), str(wire["content_type"]), str(wire["url"]))

    def path_below(self, folder: Path) -> Path:
        """Its path below the folder. LongrunError UNSAFE_NAME for a name that could lead out of the folder."""
        parts = self.name.split("/")
        path = folder.joinpath(*parts)
        if not _NAME.fullmatch(self.name) or _UNSAFE_PARTS & set(parts):
            raise LongrunError(
                "UNSAFE_NAME", f"The run has a file named {self.name!r}, which is not a safe path below a folder."
            )
        if not path.parent.resolve().is_relative_to(folder.resolve()) or path.is_symlink():
            raise LongrunError("UNSAFE_NAME", f"{path} leads out of {folder} through a link; choose another folder.")
        return path
