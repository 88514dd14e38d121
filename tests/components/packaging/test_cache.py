"""Folders that are built once: an interrupted build, rebuild or removal leaves nothing that stays broken."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from components.packaging.cache import MANIFEST, TREE, TREE_STATE, built_once, changes, tree_state

FILES = {"one.py": "1", "inner/two words.py": "2", "inner/line\nbreak": "3"}


def build(folder: Path) -> None:
    for name, text in FILES.items():
        (folder / TREE / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / TREE / name).write_text(text)
    (folder / MANIFEST).write_text("{}")


def ignore(_: str) -> None:
    """A report that nobody reads."""


def empty(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def is_complete(folder: Path) -> bool:
    return all((folder / TREE / name).read_text() == text for name, text in FILES.items())


def built(folder: Path) -> list[str]:
    """What is reported when the folder is used, which is complete afterwards, and not built at the next use."""
    said: list[str] = []
    assert is_complete(built_once(folder, build, said.append))

    def never(_: Path) -> None:
        raise AssertionError

    built_once(folder, never, said.append)
    return said


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "packages" / "key"
    assert built(folder) == []
    return folder


def test_an_unchanged_folder_is_not_built_again(folder: Path) -> None:
    assert built(folder) == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / TREE_STATE).unlink(),
        lambda folder: (folder / TREE_STATE).write_bytes(b""),
        lambda folder: (folder / TREE_STATE).write_bytes((folder / TREE_STATE).read_bytes()[:20]),
        lambda folder: (folder / TREE_STATE).write_bytes(b"\0" * 80),
        lambda folder: (folder / TREE_STATE).write_bytes(b'{"one.py": [1, 2'),
        lambda folder: (folder / TREE_STATE).write_bytes(b"\xff\xfe"),
        lambda folder: (folder / MANIFEST).unlink(),
        lambda folder: os.truncate(folder / TREE_STATE, 1),
        empty,
    ],
    ids=[
        "state missing",
        "state empty",
        "state cut off",
        "zeros",
        "json",
        "no text",
        "no manifest",
        "neither",
        "empty",
    ],
)
def test_a_folder_without_a_complete_state_is_built_as_if_it_were_not_there(
    folder: Path, damage: Callable[[Path], object]
) -> None:
    damage(folder)

    assert built(folder) == []


def test_a_rebuild_that_fails_leaves_what_was_there_and_the_next_one_repairs_it(folder: Path) -> None:
    (folder / TREE / "one.py").write_text("changed")

    def fails(_: Path) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        built_once(folder, fails, ignore)

    assert (folder / TREE / "one.py").read_text() == "changed"
    assert "changed one.py" in built(folder)[0]


@pytest.mark.parametrize("moves", [0, 1])
def test_a_rebuild_that_ends_between_its_steps_does_not_break_the_folder(
    folder: Path, moves: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / TREE / "one.py").unlink()
    rename, done = Path.rename, list[Path]()

    def stops(path: Path, target: Path) -> Path:
        if len(done) == moves:
            raise KeyboardInterrupt
        done.append(target)
        return rename(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", stops)
        with pytest.raises(KeyboardInterrupt):
            built_once(folder, build, ignore)

    built(folder)
    assert sorted(path.name for path in folder.parent.iterdir()) == ["key", "key.lock"]


def test_a_removal_of_an_unused_folder_that_ends_early_does_not_break_it(folder: Path, tmp_path: Path) -> None:
    os.utime(folder / MANIFEST, (0, 0))
    tree = folder / TREE
    tree.rename(tmp_path / "kept")  # so the removal cannot go on to the end
    tree.symlink_to(tmp_path / "kept")
    built_once(folder.with_name("other"), build, ignore)

    assert built(folder) == []


def test_what_was_added_changed_and_removed_is_named(folder: Path) -> None:
    before = tree_state(folder / TREE)
    (folder / TREE / "new.py").touch()
    (folder / TREE / "one.py").chmod(0o600)
    (folder / TREE / "inner/two words.py").unlink()

    assert changes(folder / TREE, before) == "added new.py, changed one.py, removed inner/two words.py"


def test_a_tree_that_goes_away_during_the_comparison_has_changed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tree_state(folder / TREE)
    scan = os.scandir

    def vanishes(path: str) -> object:
        if Path(path).name == "inner":
            (folder / TREE / "inner").rename(folder / "elsewhere")
        return scan(path)

    monkeypatch.setattr("os.scandir", vanishes)

    assert changes(folder / TREE, before) == "removed inner/line\nbreak, inner/two words.py"
    assert changes(folder / "nowhere", before).startswith("removed inner/")
