"""Environments: made once per content, whole or not at all."""

import subprocess
import threading
from pathlib import Path

import pytest

from sandbox.errors import SandboxError
from sandbox.lifecycle.environments import ensure_environment
from tests.sandbox.harness import silent


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    """A locked file without a package, so that no index is asked."""
    path = tmp_path / "requirements.txt"
    path.write_text("# nothing\n")
    return path


def test_an_environment_is_made_once_and_then_only_found(tmp_path: Path, requirements: Path) -> None:
    reported: list[str] = []

    first = ensure_environment("emulator", requirements, tmp_path / "home", reported.append)
    second = ensure_environment("emulator", requirements, tmp_path / "home", reported.append)

    assert first == second
    assert reported == ["building the emulator environment from requirements.txt (once)"]
    prefix = subprocess.run(
        [str(first), "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True, check=True
    )
    assert Path(prefix.stdout.strip()) == first.parent.parent


def test_other_requirements_are_another_environment(tmp_path: Path, requirements: Path) -> None:
    first = ensure_environment("emulator", requirements, tmp_path / "home", silent)
    requirements.write_text("# something else\n")

    assert ensure_environment("emulator", requirements, tmp_path / "home", silent) != first


def test_two_that_want_it_at_once_make_it_once(tmp_path: Path, requirements: Path) -> None:
    reported: list[str] = []
    arguments = ("functions", requirements, tmp_path / "home", reported.append)
    threads = [threading.Thread(target=ensure_environment, args=arguments) for _ in range(4)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(reported) == 1


def test_what_an_interrupted_build_left_is_made_anew(tmp_path: Path, requirements: Path) -> None:
    interpreter = ensure_environment("emulator", requirements, tmp_path / "home", silent)
    folder = interpreter.parent.parent
    (folder / ".longrun-ready").unlink()
    (folder / "half").touch()
    reported: list[str] = []

    assert ensure_environment("emulator", requirements, tmp_path / "home", reported.append) == interpreter

    assert len(reported) == 1
    assert not (folder / "half").exists()


@pytest.mark.parametrize("content", ["not a requirement !!", "boto3==1.0.0\n"])
def test_requirements_that_cannot_be_installed_are_reported_in_one_sentence(
    tmp_path: Path, requirements: Path, content: str
) -> None:
    requirements.write_text(content)

    with pytest.raises(SandboxError, match="the emulator environment could not be built: ") as failed:
        ensure_environment("emulator", requirements, tmp_path / "home", silent)

    assert failed.value.code == "ENVIRONMENT_FAILED"
    assert "\n" not in failed.value.message
    assert not list((tmp_path / "home" / "envs").glob("*/.longrun-ready"))


def test_missing_requirements_are_named(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match=r"absent\.txt is missing"):
        ensure_environment("emulator", tmp_path / "absent.txt", tmp_path / "home", silent)
