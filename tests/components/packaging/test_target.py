"""Target: Lambda's systems, or this machine's own."""

import platform
import sys
from pathlib import Path

import pytest

from components.packaging import Target, longrun_home


@pytest.mark.parametrize(
    ("version", "cpu", "wheels"),
    [
        ("3.13", "arm64", "aarch64-manylinux_2_34"),
        ("3.12", "x86_64", "x86_64-manylinux_2_34"),
        ("3.11", "x86_64", "x86_64-manylinux_2_17"),
    ],
)
def test_wheels_are_those_that_run_on_lambdas_linux(version: str, cpu: str, wheels: str) -> None:
    target = Target.of(version, cpu)

    assert target.installer_arguments() == ["--python-version", version, "--python-platform", wheels]
    assert target.runtime == f"python{version}"


def test_only_a_python_that_lambda_runs_on_the_old_linux_has_a_caveat() -> None:
    assert "choose Python 3.12 or newer" in Target.of("3.11", "arm64").caveat
    assert Target.of("3.12", "arm64").caveat == ""
    assert Target.of("3.11", "host").caveat == ""


def test_host_is_this_machine_with_its_own_wheels() -> None:
    target = Target.of("host", "host")

    assert target.python_version == f"{sys.version_info.major}.{sys.version_info.minor}"
    assert target.architecture in {"arm64", "x86_64", platform.machine()}
    assert "--python-platform" not in target.installer_arguments()


def test_home_is_in_the_project_unless_the_user_says_otherwise(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("LONGRUN_HOME", raising=False)
    assert longrun_home(tmp_path) == tmp_path / ".longrun"

    monkeypatch.setenv("LONGRUN_HOME", str(tmp_path / "elsewhere"))
    assert longrun_home(tmp_path) == tmp_path / "elsewhere"
