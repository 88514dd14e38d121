"""Folders named after their content: each is built once, by one builder at a time, completely or not at all.

Code runs from the folder `tree` in the sandbox, and may change it. A changed one is built again.
"""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

MANIFEST: Final = "manifest.json"
TREE: Final = "tree"
TREE_STATE: Final = "tree.state"
HOME_VARIABLE: Final = "LONGRUN_HOME"
UNUSED_DAYS: Final = 7
"""A folder that was not used for this long is removed when another is built: each code change leaves one behind."""

SHOWN_CHANGES: Final = 3

_SEPARATOR: Final = "\0"
_FIELDS: Final = 4
"""Of a file in the state: size, time, permissions, path."""


def longrun_home(root: Path) -> Path:
    """The folder of everything that is built: LONGRUN_HOME, otherwise .longrun in the project."""
    chosen = os.environ.get(HOME_VARIABLE)
    return Path(chosen).resolve() if chosen else root / ".longrun"


def built_once(folder: Path, build: Callable[[Path], None], report: Callable[[str], None]) -> Path:
    """Returns the folder, filled by `build` if it does not exist yet or its tree was changed, which is reported.

    `build` fills an empty folder next to it, which is then renamed: no reader sees a partial one, and a builder that
    dies leaves only its own folder behind, which the next one removes.
    """
    before = _recorded(folder)
    if before is not None and not changes(folder / TREE, before):
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _alone(folder.with_name(f"{folder.name}.lock")):
        before = _recorded(folder)
        if before is None:
            _build(folder, build)
            _remove_unused(folder.parent)
        elif changed := changes(folder / TREE, before):
            report(
                f"building {folder} again, because code or a user has changed it: {changed}; code must write to /tmp, "
                "because the file system of AWS Lambda is read-only"
            )
            _build(folder, build)
    return folder


def tree_state(tree: Path) -> str:
    """Size, time of the last change, permissions and path of each file below a folder, empty for one that is missing.

    One string, because all files of a package are compared in each build, and a record for each of them takes longer.
    A file or folder that goes away meanwhile is left out.
    """
    records: list[str] = []
    waiting = [(str(tree), "")]
    while waiting:
        path, name = waiting.pop()
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append((entry.path, f"{name}{entry.name}/"))
                    else:
                        found = entry.stat(follow_symlinks=False)
                        records.append(f"{found.st_size} {found.st_mtime_ns} {found.st_mode} {name}{entry.name}")
        except OSError:
            continue
    return _SEPARATOR.join([str(len(records)), *records])


def changes(tree: Path, before: str) -> str:
    """What has been added, changed or removed below a folder since that state; empty if nothing. Reading changes
    nothing, and neither do hard links."""
    now = tree_state(tree)
    if now == before:
        return ""
    old, new = _by_name(before), _by_name(now)
    kinds = {
        "added": new.keys() - old.keys(),
        "changed": {name for name in new.keys() & old.keys() if new[name] != old[name]},
        "removed": old.keys() - new.keys(),
    }
    return ", ".join(f"{kind} {_some(names)}" for kind, names in kinds.items() if names)


def _by_name(state: str) -> dict[str, list[str]]:
    records = (record.split(" ", _FIELDS - 1) for record in state.split(_SEPARATOR)[1:])
    return {name: found for *found, name in records}


def _some(names: Collection[str]) -> str:
    shown = ", ".join(sorted(names)[:SHOWN_CHANGES])
    return shown if len(names) <= SHOWN_CHANGES else f"{shown} and {len(names) - SHOWN_CHANGES} more"


def _recorded(folder: Path) -> str | None:
    """The state of the tree after the build; None if the folder has no complete one, and so has to be built."""
    try:
        state = os.fsdecode((folder / TREE_STATE).read_bytes())
        os.utime(folder / MANIFEST)
    except OSError:
        return None
    count, _, records = state.partition(_SEPARATOR)
    complete = count == str(records.count(_SEPARATOR) + 1 if records else 0)
    return state if complete else None


def _build(folder: Path, build: Callable[[Path], None]) -> None:
    prefix = f"{folder.name}.building-"
    # We hold the lock, so a folder with the prefix was left by a builder that died.
    for abandoned in folder.parent.glob(f"{prefix}*"):
        shutil.rmtree(abandoned, ignore_errors=True)
    building = Path(tempfile.mkdtemp(prefix=prefix, dir=folder.parent))
    replaced = Path(tempfile.mkdtemp(prefix=prefix, dir=folder.parent))
    try:
        build(building)
        (building / TREE_STATE).write_bytes(os.fsencode(tree_state(building / TREE)))
        if folder.exists():
            folder.rename(replaced)
        building.rename(folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)
        shutil.rmtree(replaced, ignore_errors=True)


def _remove_unused(parent: Path) -> None:
    oldest = time.time() - UNUSED_DAYS * 86_400
    for manifest in parent.glob(f"*/{MANIFEST}"):
        with suppress(FileNotFoundError):  # another builder may have removed it
            if manifest.stat().st_mtime < oldest:
                # Without its state, a folder that is removed in part only counts as not there.
                (manifest.parent / TREE_STATE).unlink(missing_ok=True)
                shutil.rmtree(manifest.parent, ignore_errors=True)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
