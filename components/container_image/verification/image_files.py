"""The files of an image, whose root may be a folder: links are followed as they would be in the image."""

import stat
from pathlib import Path
from typing import Final

from .problem import ImageProblemError

_MOST_LINKS: Final = 40
"""As many as Linux follows."""


class ImageFiles:
    """Paths are those in the image, and absolute."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def on_disk(self, path: str) -> Path:
        """Where the file lies, with links followed. Raises ImageProblemError for a path that is not absolute, and for
        links in a circle."""
        if not path.startswith("/"):
            raise ImageProblemError(f"{path!r} is not an absolute path")
        waiting, found, links = path.split("/")[::-1], [""], 0
        while waiting:
            part = waiting.pop()
            if part == "..":
                found = found[:-1] or [""]
            elif part not in {"", "."}:
                here = self._root.joinpath(*found, part)
                if here.is_symlink():
                    links += 1
                    if links > _MOST_LINKS:
                        raise ImageProblemError(f"{path} is a circle of links")
                    target = str(here.readlink())
                    found = [""] if target.startswith("/") else found
                    waiting += target.split("/")[::-1]
                else:
                    found.append(part)
        return self._root.joinpath(*found)

    def is_file(self, path: str) -> bool:
        return self.on_disk(path).is_file()

    def is_folder(self, path: str) -> bool:
        return self.on_disk(path).is_dir()

    def is_executable(self, path: str) -> bool:
        """Whether anybody may execute it: Lambda's user is not the one that builds."""
        return bool(self.on_disk(path).stat().st_mode & stat.S_IXOTH)

    def is_readable(self, path: str) -> bool:
        """Whether anybody may read it."""
        return bool(self.on_disk(path).stat().st_mode & stat.S_IROTH)

    def head(self, path: str, size: int) -> bytes:
        """The first bytes of a file."""
        with self.on_disk(path).open("rb") as file:
            return file.read(size)

    def bytes(self, path: str) -> bytes:
        return self.on_disk(path).read_bytes()

    def names(self, folder: str) -> list[str]:
        """The names in a folder, sorted; none where there is no folder."""
        place = self.on_disk(folder)
        return sorted(entry.name for entry in place.iterdir()) if place.is_dir() else []
