"""This machine's interpreters by version, and what an agent runtime may demand of them."""

import os
import sys
from pathlib import Path

import pytest

from sandbox.agent_code import code_problem, python_problem
from sandbox.interpreters import OWN_VERSION, interpreter_of

OWN = f"PYTHON_{OWN_VERSION.replace('.', '_')}"


def on_path(folder: Path, name: str, script: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An executable of that name, first on the PATH."""
    executable = folder / name
    executable.write_text(f"#!/bin/sh\n{script}\n")
    executable.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return executable


def test_the_own_version_is_this_processs_base_interpreter() -> None:
    assert interpreter_of(OWN_VERSION) == Path(sys.executable).resolve()


def test_another_version_is_found_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_path(tmp_path, "python3.71", f"echo 3.71 {tmp_path}/base/python3.71", monkeypatch)

    assert interpreter_of("3.71") == tmp_path / "base" / "python3.71"
    assert python_problem("PYTHON_3_71") is None


def test_an_executable_of_another_version_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_path(tmp_path, "python3.72", f'exec {sys.executable} "$@"', monkeypatch)

    assert interpreter_of("3.72") is None


def test_a_broken_executable_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_path(tmp_path, "python3.73", "exit 1", monkeypatch)

    assert interpreter_of("3.73") is None


@pytest.mark.parametrize(
    ("entry", "runtime", "problem"),
    [
        (["main.py"], OWN, None),
        (["opentelemetry-instrument", "main.py"], OWN, None),
        (["other.py"], OWN, "entryPoint is other.py, but s3://a/b has no such Python file"),
        (["/main.py"], OWN, "entryPoint is /main.py, but s3://a/b has no such Python file"),
        (["main"], OWN, "entryPoint is main, but s3://a/b has no such Python file"),
        ([], OWN, "entryPoint is empty, but s3://a/b has no such Python file"),
        (["main.py"], "NODE_22", "the code is for NODE_22, and the sandbox runs only Python"),
        (
            ["main.py"],
            "PYTHON_3_74",
            f"the code is for PYTHON_3_74, but this machine runs {OWN} and has no Python 3.74",
        ),
    ],
)
def test_code_that_cannot_run_here_has_a_reason(entry: list[str], runtime: str, problem: str | None) -> None:
    found = code_problem("s3://a/b", entry, runtime, {"main.py", "/main.py", "main"}.__contains__)

    assert (found or "").startswith(problem or "")
    assert bool(found) == bool(problem)
