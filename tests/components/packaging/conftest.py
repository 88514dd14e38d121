"""A package index on this disk: wheels of a few files, so that nothing is fetched."""

import base64
import hashlib
import zipfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Protocol

import pytest


class MakeWheel(Protocol):
    def __call__(self, name: str, files: Mapping[str, str], executable: Collection[str] = ()) -> str: ...


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place where uv finds wheels, with a cache of its own."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("UV_FIND_LINKS", str(folder))
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    return folder


@pytest.fixture
def make_wheel(index: Path) -> MakeWheel:
    """Puts a wheel of version 1.0 with these files into the index; returns its locked requirement."""

    def make(name: str, files: Mapping[str, str], executable: Collection[str] = ()) -> str:
        info = f"{name}-1.0.dist-info"
        content = {
            **files,
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{info}/entry_points.txt": f"[console_scripts]\n{name}-tool = {name}:main\n",
        }
        record = "".join(f"{path},sha256={_digest(text)},{len(text)}\n" for path, text in content.items())
        path = index / f"{name}-1.0-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as wheel:
            for member, text in {**content, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
                entry = zipfile.ZipInfo(member)
                entry.external_attr = (0o755 if member in executable else 0o644) << 16
                wheel.writestr(entry, text)
        return f"{name}==1.0 \\\n    --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n    # via tests\n"

    return make


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
def requirements(tmp_path: Path, make_wheel: MakeWheel) -> Path:
    """A lock of one dependency."""
    path = tmp_path / "worker.txt"
    path.write_text("# locked\n" + make_wheel("tiny", {"tiny/__init__.py": "NAME = 'tiny'\n", "tiny/data.txt": "x"}))
    return path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder of code with what does not belong into a package beside it."""
    folder = tmp_path / "project" / "app"
    (folder / "inner").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "handler.py").write_text("WORDS = frozenset({'a', 'b', 'c', 'd'})\n\ndef handler():\n    return WORDS\n")
    (folder / "inner" / "data.json").write_text("{}")
    (folder / "tests").mkdir()
    (folder / "tests" / "test_handler.py").write_text("assert False\n")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "stale.cpython-39.pyc").write_bytes(b"old")
    return folder
