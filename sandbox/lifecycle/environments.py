"""The sandbox's own Python environments: one for the emulator, one for the functions."""

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import uv

from sandbox.errors import SandboxCode, SandboxError
from sandbox.paths import REPOSITORY

LAYOUT_VERSION = "1"
"""Increase it when environments are built differently, so that old ones are not used."""

_LOCKS = REPOSITORY / "requirements"
_READY = ".longrun-ready"

_SEARCH = Lock()
"""find_uv_bin reads sysconfig, whose cache a second thread would see half filled."""


@dataclass(frozen=True, slots=True)
class Environments:
    """The interpreters that run the emulator and the functions."""

    emulator: Path
    functions: Path


def ensure_environments(home: Path, report: Callable[[str], None]) -> Environments:
    """Builds what is missing under `home`/envs from the project's locked files, both at the same time."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        emulator = pool.submit(ensure_environment, "emulator", _LOCKS / "sandbox.txt", home, report)
        functions = pool.submit(ensure_environment, "functions", _LOCKS / "functions.txt", home, report)
        return Environments(emulator.result(), functions.result())


def ensure_environment(name: str, requirements: Path, home: Path, report: Callable[[str], None]) -> Path:
    """Returns the interpreter of the environment of `requirements`, built once per content, Python and machine.

    Raises SandboxError ENVIRONMENT_FAILED with the end of the installer's output.
    """
    folder = home / "envs" / _fingerprint(name, requirements)
    interpreter = folder / "bin" / "python"
    if (folder / _READY).exists():
        return interpreter
    with _locked(folder.with_suffix(".lock")):
        if (folder / _READY).exists():
            return interpreter
        report(f"building the {name} environment from {requirements.name} (once)")
        _build(name, folder, requirements)
    return interpreter


def _fingerprint(name: str, requirements: Path) -> str:
    if not requirements.is_file():
        raise SandboxError(
            SandboxCode.ENVIRONMENT_FAILED, f"the {name} environment cannot be built: {requirements} is missing"
        )
    parts = (LAYOUT_VERSION, sys.version, sys.base_prefix, platform.machine(), sys.platform)
    digest = hashlib.sha256("\0".join(parts).encode() + requirements.read_bytes())
    return f"{name}-{digest.hexdigest()[:16]}"


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Two sandboxes may start at once: one builds the environment, the other waits for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _build(name: str, folder: Path, requirements: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)  # of an interrupted build
    with _SEARCH:
        installer = uv.find_uv_bin()
    interpreter = folder / "bin" / "python"
    _run(name, [installer, "venv", "--quiet", "--no-project", "--python", sys.executable, str(folder)])
    install = [installer, "pip", "install", "--quiet", "--python", str(interpreter), "--require-hashes"]
    _run(name, [*install, "--compile-bytecode", "--requirement", str(requirements)])
    (folder / _READY).touch()


def _run(name: str, command: list[str]) -> None:
    # Without bytecode every cold start of a function would take three times as long.
    env = {key: value for key, value in os.environ.items() if key not in ("PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV")}
    result = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        output = " ".join((result.stderr or result.stdout).split())[-600:]
        raise SandboxError(SandboxCode.ENVIRONMENT_FAILED, f"the {name} environment could not be built: {output}")
