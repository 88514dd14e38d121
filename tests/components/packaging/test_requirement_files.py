"""Requirements files: what is wrong with one is said with its name and what to do."""

from pathlib import Path

import pytest

from components.packaging import PackageError, PythonPackage, Target
from components.packaging.dependencies import locked

LOCK = "boto3==1.0 \\\n    --hash=sha256:aa\n"


def problem(path: Path) -> str:
    package = PythonPackage(name="worker", sources=(path.parent,), target=Target.of("host", "host"), requirements=path)
    with pytest.raises(PackageError) as rejected:
        package.build(path.parent.parent / "home", lambda _: None)
    assert rejected.value.code == "PACKAGE_SOURCE"
    return str(rejected.value)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "requirements"
    made.mkdir()
    return made


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_a_file_in_another_unicode_encoding_is_named_with_its_encoding(folder: Path, encoding: str) -> None:
    (folder / "worker.txt").write_bytes(LOCK.encode(encoding))

    assert problem(folder / "worker.txt") == (
        f"package requirements {folder}/worker.txt are encoded in {encoding.upper()}; save it as UTF-8 (Windows "
        "PowerShell's > writes UTF-16), or write it again with make lock"
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (LOCK.encode("utf-16-le"), "(they have zero bytes)"),
        (b"# made by Ren\xe9\n" + LOCK.encode(), "(line 1)"),
    ],
)
def test_a_file_that_is_not_utf_8_is_named(folder: Path, content: bytes, reason: str) -> None:
    (folder / "worker.txt").write_bytes(content)

    assert f"{folder}/worker.txt are not text in UTF-8 {reason}; save it as UTF-8" in problem(folder / "worker.txt")


def test_a_missing_file_is_named(folder: Path) -> None:
    assert problem(folder / "worker.txt") == (
        f"package requirements {folder}/worker.txt do not exist; write the file with make lock, or correct its name"
    )


def test_a_folder_is_named(folder: Path) -> None:
    (folder / "worker.txt").mkdir()

    assert f"{folder}/worker.txt cannot be read: Is a directory" in problem(folder / "worker.txt")


@pytest.mark.parametrize("line", ["-r base.txt", "-rbase.txt", "--requirement base.txt", "--requirement=base.txt"])
def test_an_included_file_is_read_in_its_place_by_its_own_folder(folder: Path, line: str) -> None:
    (folder / "inner").mkdir()
    (folder / "worker.txt").write_text("-r inner/worker.txt  # shared\nmcp==1.0 --hash=sha256:bb\n")
    (folder / "inner" / "worker.txt").write_text(f"{line}\n")
    (folder / "inner" / "base.txt").write_text(LOCK)

    assert locked(folder / "worker.txt", []) == f"{LOCK}mcp==1.0 --hash=sha256:bb\n"
    assert locked(folder / "worker.txt", ["boto3"]) == "mcp==1.0 --hash=sha256:bb\n"


@pytest.mark.parametrize("option", ["-r", "-c"])
def test_a_missing_included_file_is_named_with_the_file_that_includes_it(folder: Path, option: str) -> None:
    (folder / "worker.txt").write_text(f"{LOCK}{option} base.txt\n")

    assert problem(folder / "worker.txt") == (
        f"package requirements {folder}/base.txt, which {folder}/worker.txt includes, do not exist; write the file "
        "with make lock, or correct its name"
    )


def test_an_included_file_in_utf_16_is_named_with_the_file_that_includes_it(folder: Path) -> None:
    (folder / "worker.txt").write_text("-r base.txt\n")
    (folder / "base.txt").write_bytes(LOCK.encode("utf-16"))

    assert f"{folder}/base.txt, which {folder}/worker.txt includes, are encoded in UTF-16" in problem(
        folder / "worker.txt"
    )


def test_files_that_include_each_other_are_an_error(folder: Path) -> None:
    (folder / "worker.txt").write_text("-r base.txt\n")
    (folder / "base.txt").write_text("-r worker.txt\n")

    assert "worker.txt includes itself" in problem(folder / "worker.txt")


def test_a_byte_order_mark_and_windows_line_ends_change_nothing(folder: Path) -> None:
    (folder / "worker.txt").write_bytes(b"\xef\xbb\xbf" + LOCK.replace("\n", "\r\n").encode())

    assert locked(folder / "worker.txt", []) == LOCK
