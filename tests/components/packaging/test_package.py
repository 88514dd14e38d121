"""PythonPackage: the same bytes each time, once for each content, and what is in it."""

import marshal
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import CodeType

import pytest

from components.packaging import (
    AGENTCORE,
    LAMBDA,
    BuiltPackage,
    PackageError,
    PackageLimits,
    PythonPackage,
    Target,
)
from components.packaging.bytecode import compile_tree
from policies.rules.aws_limits import Range

HOST = Target.of("host", "host")
UNCHECKED_HASH = 0b01


def megabytes(most: int) -> Range:
    return Range(0, most * 1024 * 1024, "bytes", None)


def ignore(_: str) -> None:
    """A report that nobody reads."""


@pytest.fixture
def build(source: Path, requirements: Path) -> Callable[[Path], BuiltPackage]:
    package = PythonPackage(name="worker", sources=(source,), target=HOST, requirements=requirements)
    return lambda home: package.build(home, ignore)


def contents(archive: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as package:
        return {name: package.read(name) for name in package.namelist()}


def test_package_is_the_same_bytes_wherever_and_whenever_it_is_built(
    build: Callable[[Path], BuiltPackage], tmp_path: Path, source: Path
) -> None:
    first = build(tmp_path / "first")
    (source / "handler.py").touch()
    second = build(tmp_path / "a" / "longer" / "way" / "second")

    assert first.zip_path.read_bytes() == second.zip_path.read_bytes()
    assert first.folder.name == second.folder.name


def test_zip_and_tree_hold_the_same(build: Callable[[Path], BuiltPackage], tmp_path: Path) -> None:
    package = build(tmp_path / "home")
    tree = {
        file.relative_to(package.tree).as_posix(): file.read_bytes()
        for file in package.tree.rglob("*")
        if file.is_file()
    }

    assert contents(package.zip_path) == tree


def test_code_and_dependencies_are_in_it_and_tests_and_leftovers_are_not(
    build: Callable[[Path], BuiltPackage], tmp_path: Path
) -> None:
    names = set(contents(build(tmp_path / "home").zip_path))

    assert {"app/handler.py", "app/inner/data.json", "tiny/__init__.py", "tiny/data.txt"} <= names
    assert not [name for name in names if "tests" in name or "stale" in name or name.startswith("bin/")]


def test_entries_have_fixed_times_and_permissions(build: Callable[[Path], BuiltPackage], tmp_path: Path) -> None:
    with zipfile.ZipFile(build(tmp_path / "home").zip_path) as package:
        entries = package.infolist()

    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.external_attr >> 16 & 0o777 for entry in entries} == {0o644}


def test_files_that_their_owner_may_execute_stay_executable_and_other_permissions_are_fixed(
    build: Callable[[Path], BuiltPackage], source: Path, tmp_path: Path
) -> None:
    modes = {"tool": 0o755, "only_mine": 0o700, "inner/script.sh": 0o775, "private.json": 0o600, "all.json": 0o666}
    for name, mode in modes.items():
        (source / name).write_text("#!/bin/sh\necho works\n")
        (source / name).chmod(mode)
    built = build(tmp_path / "home")
    with zipfile.ZipFile(built.zip_path) as package:
        packed = {name: package.getinfo(f"app/{name}").external_attr >> 16 & 0o777 for name in modes}

    assert packed == {
        **dict.fromkeys(("tool", "only_mine", "inner/script.sh"), 0o755),
        **dict.fromkeys(("private.json", "all.json"), 0o644),
    }
    assert {name: (built.tree / "app" / name).stat().st_mode & 0o777 for name in modes} == packed
    started = subprocess.run([built.tree / "app" / "tool"], capture_output=True, check=True)  # noqa: S603
    assert started.stdout == b"works\n"


def test_executable_bit_alone_makes_another_package_and_other_bits_do_not(
    build: Callable[[Path], BuiltPackage], source: Path, tmp_path: Path
) -> None:
    folders = []
    for mode in (0o644, 0o600, 0o755, 0o700):
        (source / "handler.py").chmod(mode)
        folders.append(build(tmp_path / "home").folder.name)

    assert folders[0] == folders[1] != folders[2] == folders[3]


def test_executable_of_a_dependency_stays_executable(
    make_wheel: Callable[..., str], source: Path, tmp_path: Path
) -> None:
    (tmp_path / "tool.txt").write_text(make_wheel("tool", {"tool/run": "#!/bin/sh\n"}, {"tool/run"}))
    package = PythonPackage(name="worker", sources=(source,), target=HOST, requirements=tmp_path / "tool.txt")
    with zipfile.ZipFile(package.build(tmp_path / "home", ignore).zip_path) as packed:
        assert packed.getinfo("tool/run").external_attr >> 16 & 0o777 == 0o755


@pytest.mark.parametrize("damaged", ["app/handler.py", "tiny/data.txt", "app/new.db", "gone"])
def test_package_that_was_changed_is_reported_and_built_again(
    build: Callable[[Path], BuiltPackage], tmp_path: Path, damaged: str, capsys: pytest.CaptureFixture[str]
) -> None:
    first = build(tmp_path / "home")
    before = contents(first.zip_path)
    if damaged == "gone":
        (first.tree / "tiny" / "data.txt").unlink()
    else:
        (first.tree / damaged).write_text("damaged\n")

    PythonPackage("worker", (tmp_path / "project/app",), HOST, tmp_path / "worker.txt").build(tmp_path / "home")

    files = [path for path in first.tree.rglob("*") if path.is_file()]
    assert {path.relative_to(first.tree).as_posix(): path.read_bytes() for path in files} == before
    what = {"gone": "removed tiny/data.txt", "app/new.db": "added app/new.db"}.get(damaged, f"changed {damaged}")
    assert f"because code or a user has changed it: {what}; code must write to /tmp" in capsys.readouterr().err


def test_bytecode_needs_no_check_of_its_source_and_names_no_folder_of_this_machine(
    build: Callable[[Path], BuiltPackage], tmp_path: Path
) -> None:
    compiled = {
        name: data for name, data in contents(build(tmp_path / "home").zip_path).items() if name.endswith(".pyc")
    }
    tag = sys.implementation.cache_tag

    assert {f"app/__pycache__/handler.{tag}.pyc", f"tiny/__pycache__/__init__.{tag}.pyc"} <= set(compiled)
    assert {int.from_bytes(data[4:8], "little") for data in compiled.values()} == {UNCHECKED_HASH}
    code = marshal.loads(compiled[f"app/__pycache__/handler.{tag}.pyc"][16:])  # noqa: S302  written a moment ago
    assert isinstance(code, CodeType)
    assert code.co_filename == "app/handler.py"


def test_manifest_says_what_is_in_it_and_what_is_not(source: Path, requirements: Path, tmp_path: Path) -> None:
    package = PythonPackage(
        name="worker", sources=(source,), target=HOST, requirements=requirements, preinstalled=("boto3",)
    ).build(tmp_path / "home", ignore)
    manifest = package.manifest

    assert manifest.dependencies == {"tiny": "1.0"}
    assert manifest.preinstalled == ["boto3"]
    assert "tests" in manifest.skipped
    assert "bin" in manifest.left_out
    assert manifest.bytecode
    assert manifest.zip_bytes == package.zip_path.stat().st_size
    assert manifest.unzipped_bytes == sum(file.stat().st_size for file in package.tree.rglob("*") if file.is_file())


def test_unchanged_content_is_not_built_again(
    source: Path, requirements: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = PythonPackage(name="worker", sources=(source,), target=HOST, requirements=requirements)
    said: list[str] = []
    first = package.build(tmp_path / "home", said.append)
    made = first.zip_path.stat()
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path / "nowhere"))
    second = package.build(tmp_path / "home", said.append)

    assert [line for line in said if line.startswith("building")] == [
        f"building worker package: 1 locked dependencies for {HOST.label} …"
    ]
    assert (second.zip_path.stat().st_ino, second.zip_path.stat().st_mtime_ns) == (made.st_ino, made.st_mtime_ns)


def test_changed_code_takes_the_dependencies_that_are_there(
    build: Callable[[Path], BuiltPackage], source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = build(tmp_path / "home")
    (source / "handler.py").write_text("changed = True\n")
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path / "nowhere"))
    after = build(tmp_path / "home")

    assert before.folder != after.folder
    assert (after.tree / "tiny" / "data.txt").samefile(before.tree / "tiny" / "data.txt")
    assert contents(after.zip_path)["app/handler.py"] == b"changed = True\n"


def test_several_builders_at_once_build_once(source: Path, requirements: Path, tmp_path: Path) -> None:
    package = PythonPackage(name="worker", sources=(source,), target=HOST, requirements=requirements)
    said: list[str] = []
    with ThreadPoolExecutor(4) as pool:
        builds = list(pool.map(lambda _: package.build(tmp_path / "home", said.append), range(4)))

    assert len({built.folder for built in builds}) == 1
    assert sum(line.startswith("building") for line in said) == 1


def test_package_over_the_limit_is_rejected_with_its_largest_parts_and_leaves_nothing(
    source: Path, requirements: Path, tmp_path: Path
) -> None:
    (source / "huge.bin").write_bytes(bytes(3 * 1024 * 1024))
    limits = PackageLimits("Lambda", megabytes(2), megabytes(2))
    package = PythonPackage(name="worker", sources=(source,), target=HOST, requirements=requirements, limits=limits)

    with pytest.raises(PackageError) as rejected:
        package.build(tmp_path / "home", ignore)

    assert rejected.value.code == "PACKAGE_SIZE"
    assert "package worker is 3 MB unpacked, over Lambda's 2 MB; its largest parts: app 3.0 MB, " in str(rejected.value)
    assert [path.name for path in (tmp_path / "home" / "packages").iterdir() if path.is_dir()] == []


def test_zip_over_the_limit_of_its_service_is_rejected(source: Path, tmp_path: Path) -> None:
    (source / "noise.bin").write_bytes(os.urandom(3 * 1024 * 1024))
    limits = PackageLimits("AgentCore", megabytes(2), megabytes(9))

    with pytest.raises(PackageError) as rejected:
        PythonPackage(name="agent", sources=(source,), target=HOST, limits=limits).build(tmp_path / "home", ignore)

    assert rejected.value.code == "PACKAGE_SIZE"
    assert str(rejected.value).startswith("package agent is 3 MB as a zip, over AgentCore's 2 MB; leave a file")


def test_services_take_what_aws_says() -> None:
    sizes = [limits.maximum // 1024**2 for limits in (LAMBDA.unzipped, AGENTCORE.zipped, AGENTCORE.unzipped)]

    assert sizes == [250, 250, 750]


def test_package_for_another_service_is_another_package(source: Path, tmp_path: Path) -> None:
    folders = {
        PythonPackage(name="same", sources=(source,), target=HOST, limits=limits).build(tmp_path, ignore).folder
        for limits in (LAMBDA, AGENTCORE)
    }

    assert len(folders) == 2


def test_package_without_dependencies_needs_no_installer(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    package = PythonPackage(name="gateway", sources=(source,), target=HOST, preinstalled=("boto3",))
    built = package.build(tmp_path / "home", ignore)

    assert {name.split("/")[0] for name in contents(built.zip_path)} == {"app"}
    assert built.manifest.preinstalled == ["boto3"]


def test_package_for_a_python_that_is_not_here_has_no_bytecode_and_says_so(
    source: Path, requirements: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "pythons"))
    absent = Target("3.14" if HOST.python_version != "3.14" else "3.13", "arm64", native=False)
    said: list[str] = []
    package = PythonPackage(name="worker", sources=(source,), target=absent, requirements=requirements)
    built = package.build(tmp_path / "home", said.append)

    assert not built.manifest.bytecode
    assert not [name for name in contents(built.zip_path) if name.endswith(".pyc")]
    assert f"no {absent.runtime} on this machine" in said[-1]
    assert built.manifest.remarks[-1] in said[-1]


def test_code_that_does_not_compile_is_rejected_with_its_place(
    build: Callable[[Path], BuiltPackage], source: Path, tmp_path: Path
) -> None:
    (source / "handler.py").write_text("def handler(:\n")

    with pytest.raises(PackageError) as rejected:
        build(tmp_path / "home")

    assert rejected.value.code == "PACKAGE_SOURCE"
    assert f"package worker: its code is not Python {HOST.python_version}: " in str(rejected.value)
    assert "app/handler.py" in str(rejected.value)


def test_package_that_nobody_asked_for_in_a_week_makes_room_for_a_new_one(
    build: Callable[[Path], BuiltPackage], source: Path, tmp_path: Path
) -> None:
    folders = []
    for number in range(2):
        (source / "handler.py").write_text(f"number = {number}\n")
        folders.append(build(tmp_path / "home").folder)
    for folder in folders:
        os.utime(folder / "manifest.json", (0, 0))
    build(tmp_path / "home")
    (source / "handler.py").write_text("number = 2\n")
    newest = build(tmp_path / "home").folder

    assert [folder.exists() for folder in (*folders, newest)] == [False, True, True]


def test_package_of_libraries_alone_has_these_and_nothing_is_compiled_elsewhere(
    requirements: Path, tmp_path: Path
) -> None:
    built = PythonPackage(name="extra", sources=(), target=HOST, requirements=requirements).build(tmp_path, ignore)

    assert contents(built.zip_path).keys() == contents(layer(tmp_path)).keys()
    # An interpreter that is not there is not started.
    assert compile_tree(built.tree, str(tmp_path / "no-python"), []) == ""


def layer(home: Path) -> Path:
    """The zip of the dependencies, below their folder."""
    (found,) = (home / "dependencies").glob("*/layer.zip")
    return found
