"""Dependencies: exactly the lock, for the target; what the runtime provides is left out by name."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from components.packaging import PackageError, Target
from components.packaging.dependencies import dependencies_key, install, locked

MakeWheel = Callable[[str, Mapping[str, str]], str]
HOST = Target.of("host", "host")
LOCK = """# made by make lock
boto3==1.0 \\
    --hash=sha256:aa
    # via worker.in
Typing_Extensions==4.0 ; python_version < '3.13' \\
    --hash=sha256:bb
"""


def ignore(_: str) -> None:
    """A report that nobody reads."""


def test_what_the_runtime_provides_is_left_out_by_its_normal_name(tmp_path: Path) -> None:
    (tmp_path / "worker.txt").write_text(LOCK)

    assert "boto3" not in locked(tmp_path / "worker.txt", ["Boto3"])
    assert "sha256:aa" not in locked(tmp_path / "worker.txt", ["Boto3"])
    assert "sha256:bb" in locked(tmp_path / "worker.txt", ["Boto3"])
    assert "bb" not in locked(tmp_path / "worker.txt", ["typing-extensions"])
    assert locked(tmp_path / "worker.txt", []) == LOCK


def test_key_differs_by_lock_python_and_cpu() -> None:
    targets = [Target("3.13", "arm64", native=False), Target("3.13", "x86_64", native=False)]
    targets += [Target("3.12", "arm64", native=False), Target("3.13", "arm64", native=True)]
    keys = {dependencies_key(lock, target) for lock in ("a", "b") for target in targets}

    assert len(keys) == 8


def test_wheel_with_another_hash_than_the_lock_is_rejected(make_wheel: MakeWheel, tmp_path: Path) -> None:
    lock = make_wheel("tiny", {"tiny/__init__.py": ""})
    make_wheel("tiny", {"tiny/__init__.py": "tampered = True\n"})

    with pytest.raises(PackageError) as rejected:
        install("worker", lock, HOST, None, tmp_path / "home", ignore)

    assert rejected.value.code == "PACKAGE_BUILD"
    assert f"uv could not install the dependencies for {HOST.label}" in str(rejected.value)


def test_failed_installation_is_tried_again(make_wheel: MakeWheel, index: Path, tmp_path: Path) -> None:
    lock = make_wheel("tiny", {"tiny/__init__.py": ""})
    wheel = index / "tiny-1.0-py3-none-any.whl"
    away = wheel.rename(tmp_path / wheel.name)
    with pytest.raises(PackageError):
        install("worker", lock, HOST, None, tmp_path / "home", ignore)
    away.rename(wheel)

    assert install("worker", lock, HOST, None, tmp_path / "home", ignore).manifest.versions == {"tiny": "1.0"}


def test_commands_and_their_records_are_left_out(make_wheel: MakeWheel, tmp_path: Path) -> None:
    lock = make_wheel("tiny", {"tiny/__init__.py": "def main(): ...\n"})
    installed = install("worker", lock, HOST, None, tmp_path / "home", ignore)

    assert not (installed.tree / "bin").exists()
    assert "tiny-tool" not in (installed.tree / "tiny-1.0.dist-info" / "RECORD").read_text()


def test_leftover_of_a_builder_that_died_is_removed(make_wheel: MakeWheel, tmp_path: Path) -> None:
    lock = make_wheel("tiny", {"tiny/__init__.py": ""})
    leftover = tmp_path / "home" / "dependencies" / f"{dependencies_key(lock, HOST)}.building-dead"
    leftover.mkdir(parents=True)
    install("worker", lock, HOST, None, tmp_path / "home", ignore)

    assert not leftover.exists()
