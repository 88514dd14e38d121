"""Files that a run made: what the deployment says of them, and where on this machine they may go."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from client.errors import LongrunError

_NAME: Final = re.compile(r"[A-Za-z0-9._/-]{1,200}")
_NOT_PARTS: Final = frozenset({"", ".", ".."})


@dataclass(frozen=True, slots=True)
class RunFile:
    """A file by its name among the run's files, such as `plots/balance.png`; `bytes` is its size.

    `url` is an address that gives the file to whoever has it, for 15 minutes.
    """

    name: str
    bytes: int
    content_type: str
    url: str

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> "RunFile":
        """KeyError, TypeError or ValueError for what is not a file."""
        return cls(str(wire["name"]), int(wire["bytes"]), str(wire["content_type"]), str(wire["url"]))

    def path_below(self, folder: Path) -> Path:
        """Where it goes below the folder. LongrunError UNSAFE_NAME for a name that leads, or could lead, elsewhere."""
        parts = self.name.split("/")
        path = folder.joinpath(*parts)
        if not _NAME.fullmatch(self.name) or _NOT_PARTS & set(parts):
            raise LongrunError(
                "UNSAFE_NAME", f"The run has a file named {self.name!r}, which is no name below a folder."
            )
        if not path.parent.resolve().is_relative_to(folder.resolve()) or path.is_symlink():
            raise LongrunError("UNSAFE_NAME", f"{path} leads out of {folder} by a link; choose another folder.")
        return path
