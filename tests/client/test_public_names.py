"""What a program imports: every name from `client` itself, nothing from its modules."""

import re
from collections.abc import Iterator
from pathlib import Path

import client

ROOT = Path(__file__).parents[2]
PARTS = ("agents", "bench", "cli", "components", "docs", "policies", "runtime", "sandbox", "tests", "tools")
INSIDE = (ROOT / "client", ROOT / "tests" / "client")
IMPORT = re.compile(r"^\s*(?:from|import) client\.\w+", re.MULTILINE)


def texts() -> Iterator[Path]:
    """Every module and every page outside the client and its tests."""
    yield ROOT / "README.md"
    for part in PARTS:
        for path in (ROOT / part).rglob("*"):
            if path.suffix in {".md", ".py"} and not any(path.is_relative_to(folder) for folder in INSIDE):
                yield path


def test_nobody_imports_a_module_of_the_client() -> None:
    found = [f"{path.relative_to(ROOT)}: {line}" for path in texts() for line in IMPORT.findall(path.read_text())]

    assert IMPORT.findall("from client._errors import RequestError")
    assert not found


def test_every_module_of_the_client_is_marked_as_internal() -> None:
    modules = [path.stem for path in (ROOT / "client").glob("*.py")]

    assert len(modules) > 1
    assert [name for name in modules if not name.startswith("_")] == []


def test_every_public_name_is_there_and_no_other() -> None:
    public = {name for name in vars(client) if not name.startswith("_")}

    assert set(client.__all__) == public
