"""Zips on their way to a folder: what is unpacked, and what is rejected."""

import io
import zipfile
from pathlib import Path

import pytest

from sandbox.sidecar.agent_sessions import artifacts
from sandbox.sidecar.agent_sessions.artifacts import unpack


def zipped(folder: Path, entries: dict[str, bytes], mode: int = 0o644) -> io.BufferedRandom:
    path = folder / "package.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in entries.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            package.writestr(entry, content)
    return path.open("r+b")


def test_a_zip_is_unpacked_to_a_folder_named_by_its_content_once(tmp_path: Path) -> None:
    with zipped(tmp_path, {"main.py": b"print()", "pkg/": b"", "bin/tool": b"#!"}, 0o755) as file:
        tree = unpack(file, tmp_path)
        made = tree.stat().st_mtime_ns
        again = unpack(file, tmp_path)

    assert (tree / "main.py").read_bytes() == b"print()"
    assert (tree / "bin" / "tool").stat().st_mode & 0o777 == 0o755
    assert (tree / "pkg").is_dir()
    assert (again, again.stat().st_mtime_ns) == (tree, made)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([tree.name, "package.zip"])


@pytest.mark.parametrize("name", ["../outside.py", "/outside.py", "a/../../outside.py", "..\\outside.py"])
def test_a_zip_that_leads_out_of_its_folder_is_rejected_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with zipped(tmp_path, {name: b"x"}) as file, pytest.raises(ValueError, match="is outside the package"):
        unpack(file, folder)

    assert list(folder.iterdir()) == []
    assert [path.name for path in tmp_path.rglob("outside.py")] == []


def test_a_symbolic_link_is_unpacked_as_its_text(tmp_path: Path) -> None:
    with zipped(tmp_path, {"link": b"/etc/passwd"}, 0o120777) as file:
        tree = unpack(file, tmp_path)

    assert not (tree / "link").is_symlink()
    assert (tree / "link").read_bytes() == b"/etc/passwd"


@pytest.mark.parametrize(
    ("limit", "message"),
    [("ZIP_BYTES", "bytes long; AgentCore accepts"), ("UNZIPPED_BYTES", "unpacks to 100,000 bytes")],
)
def test_a_zip_over_agentcores_limits_is_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, message: str
) -> None:
    monkeypatch.setattr(artifacts, limit, 50)

    with zipped(tmp_path, {"main.py": b" " * 100_000}) as file, pytest.raises(ValueError, match=message):
        unpack(file, tmp_path)


def damaged(folder: Path, harm: str) -> Path:
    """A file that zipfile cannot read, each for another exception of zipfile."""
    zipped(folder, {"main.py": bytes(range(256)) * 40}).close()
    path = folder / "package.zip"
    content = bytearray(path.read_bytes())
    central = content.index(b"PK\x01\x02")
    if harm == "no zip":
        content[:] = b"no zip"
    elif harm == "content":
        content[60:80] = b"\xff" * 20
    elif harm == "encryption":
        content[6] |= 1
        content[central + 8] |= 1
    elif harm == "compression":
        content[8:10] = content[central + 10 : central + 12] = b"\x63\x00"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        ("no zip", "File is not a zip file"),
        ("content", ".*"),
        ("encryption", "File .*main.py.* is encrypted.*"),
        ("compression", "That compression method is not supported"),
    ],
)
def test_what_is_no_readable_zip_is_rejected_and_leaves_nothing(tmp_path: Path, harm: str, reason: str) -> None:
    path = damaged(tmp_path, harm)
    folder = tmp_path / "folder"
    folder.mkdir()

    message = rf"^is no zip that can be unpacked \({reason}\); upload the package as a zip$"
    with path.open("r+b") as file, pytest.raises(ValueError, match=message):
        unpack(file, folder)

    assert list(folder.iterdir()) == []
