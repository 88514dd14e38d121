"""Folders named after their content: each is built once, by one builder at a time, completely or not at all."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

MANIFEST: Final = "manifest.json"
HOME_VARIABLE: Final = "LONGRUN_HOME"
UNUSED_DAYS: Final = 7
"""A folder that was not used for this long is removed when another is built: each code change leaves one behind."""


def longrun_home(root: Path) -> Path:
    """The folder of everything that is built: LONGRUN_HOME, otherwise .longrun in the project."""
    chosen = os.environ.get(HOME_VARIABLE)
    return Path(chosen).resolve() if chosen else root / ".longrun"


def built_once(folder: Path, build: Callable[[Path], None]) -> Path:
    """Returns the folder, filled by `build` if it does not exist yet.

    `build` fills an empty folder next to it, which is then renamed: no reader sees a partial one, and a builder that
    dies leaves only its own folder behind, which the next one removes.
    """
    if _is_there(folder):
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _alone(folder.with_name(f"{folder.name}.lock")):
        if not _is_there(folder):
            _build(folder, build)
            _remove_unused(folder.parent)
    return folder


def _is_there(folder: Path) -> bool:
    try:
        os.utime(folder / MANIFEST)
    except FileNotFoundError:
        return False
    return True


def _build(folder: Path, build: Callable[[Path], None]) -> None:
    prefix = f"{folder.name}.building-"
    # We hold the lock, so a folder with the prefix was left by a builder that died.
    for abandoned in folder.parent.glob(f"{prefix}*"):
        shutil.rmtree(abandoned, ignore_errors=True)
    building = Path(tempfile.mkdtemp(prefix=prefix, dir=folder.parent))
    try:
        build(building)
        shutil.rmtree(folder, ignore_errors=True)
        building.rename(folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _remove_unused(parent: Path) -> None:
    oldest = time.time() - UNUSED_DAYS * 86_400
    for manifest in parent.glob(f"*/{MANIFEST}"):
        if manifest.stat().st_mtime < oldest:
            shutil.rmtree(manifest.parent, ignore_errors=True)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
