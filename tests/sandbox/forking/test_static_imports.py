"""What is read from a script's text, and what is not."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.forking.static_imports import Import, installed_imports

SCRIPT = """
import json
import own.deep
from installed.part import thing
import absent
try:
    import installed
except ImportError:
    import other_installed
if True:
    import conditional_installed
def later():
    import lazy_installed
"""


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A folder with packages as an installer leaves them, and modules of its own."""
    for name in ("installed", "other_installed", "conditional_installed", "lazy_installed", "reached"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
        info = tmp_path / f"{name}-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        (info / "top_level.txt").write_text(f"{name}\n")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "__init__.py").write_text("from . import beside\n")
    (tmp_path / "own" / "beside.py").write_text("from reached import name\n")
    (tmp_path / "own" / "deep.py").write_text("import broken\nfrom .beside import name\n")
    (tmp_path / "broken.py").write_text("def (")
    sys.path.insert(0, str(tmp_path))
    yield tmp_path
    sys.path.remove(str(tmp_path))


def test_installed_packages_are_found_through_own_modules_and_not_what_may_never_be_imported(root: Path) -> None:
    (root / "main.py").write_text(SCRIPT)

    found = installed_imports(root / "main.py", root)

    assert found == [
        Import("json"),
        Import("installed.part", "thing"),
        Import("installed"),
        Import("reached", "name"),
    ]


def test_a_script_that_cannot_be_read_imports_nothing(root: Path) -> None:
    assert installed_imports(root / "broken.py", root) == []
    assert installed_imports(root / "absent.py", root) == []
