"""How code reaches the emulator."""

import io
import zipfile
from pathlib import Path

import pulumi
import pytest

from sandbox.cloud.packages import pointing_zip, tree_of, whole_zip

PYTHON = Path("/an interpreter/bin/python")


def opened(content: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(content))


def test_a_package_has_its_content_in_the_tree_beside_its_zip(tmp_path: Path) -> None:
    archive = tmp_path / "package.zip"
    archive.touch()
    assert tree_of(archive) is None

    (tmp_path / "tree").mkdir()

    assert tree_of(archive) == tmp_path / "tree"
    assert tree_of(tmp_path / "tree") == tmp_path / "tree"


def test_a_pointing_zip_is_tiny_and_its_bootstrap_executable(tmp_path: Path) -> None:
    content = pointing_zip(PYTHON, tmp_path / "a tree")

    entry = opened(content).getinfo("bootstrap")
    script = opened(content).read(entry).decode()

    assert len(content) < 2_048
    assert entry.external_attr >> 16 == 0o755
    assert script.startswith("#!/bin/sh\nexec '/an interpreter/bin/python' -P ")
    assert script.endswith(f" '{tmp_path}/a tree'\n")


def test_a_pointing_zip_with_a_socket_asks_there_first_and_keeps_the_plain_command(tmp_path: Path) -> None:
    plain, asking = (
        opened(pointing_zip(PYTHON, tmp_path, socket)).read("bootstrap").decode() for socket in (None, "a.sock")
    )

    assert asking.startswith("#!/bin/sh\nexec '/an interpreter/bin/python' -I -S ")
    assert asking.endswith("/stub.py a.sock " + plain.removeprefix("#!/bin/sh\nexec "))


def test_a_whole_zip_holds_the_code_and_runs_it_where_it_is_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "package.zip", "w") as package:
        package.writestr("app.py", "code")

    content = whole_zip(PYTHON, pulumi.FileArchive(str(tmp_path / "package.zip")))

    assert opened(content).read("app.py") == b"code"
    assert opened(content).read("bootstrap").endswith(b' "$LAMBDA_TASK_ROOT"\n')


def test_folders_and_assets_are_zipped(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "a.py").write_text("a")
    assets: dict[str, pulumi.Asset | pulumi.Archive] = {
        "b.py": pulumi.StringAsset("b"),
        "c.py": pulumi.FileAsset(str(tmp_path / "inner" / "a.py")),
    }

    folder = opened(whole_zip(PYTHON, pulumi.FileArchive(str(tmp_path))))
    made = opened(whole_zip(PYTHON, pulumi.AssetArchive(assets)))

    assert folder.read("inner/a.py") == b"a"
    assert (made.read("b.py"), made.read("c.py")) == (b"b", b"a")


def test_an_archive_from_the_network_is_rejected() -> None:
    with pytest.raises(ValueError, match="the sandbox does not support archives of the type RemoteArchive"):
        whole_zip(PYTHON, pulumi.RemoteArchive("https://example.com/a.zip"))
