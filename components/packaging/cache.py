"""Folders named after their content: each is built once, by one builder at a time, completely or not at all.

Code runs from the folder `tree` in the sandbox, and may change it. A changed one is built again.
"""

import fcntl
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

MANIFEST: Final = "manifest.json"
TREE: Final = "tree"
TREE_STATE: Final = "tree.json"
HOME_VARIABLE: Final = "LONGRUN_HOME"
UNUSED_DAYS: Final = 7
"""A folder that was not used for this long is removed when another is built: each code change leaves one behind."""

SHOWN_CHANGES: Final = 3


def longrun_home(root: Path) -> Path:
    """The folder of everything that is built: LONGRUN_HOME, otherwise .longrun in the project."""
    chosen = os.environ.get(HOME_VARIABLE)
    return Path(chosen).resolve() if chosen else root / ".longrun"


def built_once(folder: Path, build: Callable[[Path], None], report: Callable[[str], None]) -> Path:
    """Returns the folder, filled by `build` if it does not exist yet or its tree was changed, which is reported.

    `build` fills an empty folder next to it, which is then renamed: no reader sees a partial one, and a builder that
    dies leaves only its own folder behind, which the next one removes.
    """
    if _is_there(folder) and not changes(folder / TREE, _recorded(folder)):
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _alone(folder.with_name(f"{folder.name}.lock")):
        if not _is_there(folder):
            _build(folder, build)
            _remove_unused(folder.parent)
        elif changed := changes(folder / TREE, _recorded(folder)):
            report(
                f"building {folder} again, because code or a user has changed it: {changed}; code must write to /tmp, "
                "because the file system of AWS Lambda is read-only"
            )
            _build(folder, build)
    return folder


def tree_state(tree: Path) -> dict[str, list[int]]:
    """Size, time of the last change and permissions of each file below a folder, by its path there."""
    state: dict[str, list[int]] = {}
    waiting = [(str(tree), "")]
    while waiting:
        path, name = waiting.pop()
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((entry.path, f"{name}{entry.name}/"))
                else:
                    found = entry.stat(follow_symlinks=False)
                    state[name + entry.name] = [found.st_size, found.st_mtime_ns, found.st_mode]
    return state


def changes(tree: Path, before: dict[str, list[int]]) -> str:
    """What has been added, changed or removed below a folder since that state; empty if nothing. Reading changes
    nothing, and neither do hard links."""
    after = tree_state(tree) if tree.is_dir() else {}
    kinds = {
        "added": after.keys() - before.keys(),
        "changed": {name for name in after.keys() & before.keys() if after[name] != before[name]},
        "removed": before.keys() - after.keys(),
    }
    return ", ".join(f"{kind} {_some(names)}" for kind, names in kinds.items() if names)


def _some(names: Collection[str]) -> str:
    shown = ", ".join(sorted(names)[:SHOWN_CHANGES])
    return shown if len(names) <= SHOWN_CHANGES else f"{shown} and {len(names) - SHOWN_CHANGES} more"


def _recorded(folder: Path) -> dict[str, list[int]]:
    state: dict[str, list[int]] = json.loads((folder / TREE_STATE).read_text())
    return state


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
        state = tree_state(building / TREE) if (building / TREE).is_dir() else {}
        (building / TREE_STATE).write_text(json.dumps(state, separators=(",", ":")))
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
