"""Python environments of the sandbox, apart from the project's own: one for the emulator, one for the functions."""

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
"""Raise it when environments are made in another way, so that the old ones are not used."""

_LOCKS = REPOSITORY / "requirements"
_READY = ".longrun-ready"

_SEARCH = Lock()
"""uv asks sysconfig where it is, which shows a second thread what the first has not yet filled in."""


@dataclass(frozen=True, slots=True)
class Environments:
    """The interpreters that run the emulator and the functions."""

    emulator: Path
    functions: Path


def ensure_environments(home: Path, report: Callable[[str], None]) -> Environments:
    """Makes what is missing under `home`/envs from the project's locked files; both at once."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        emulator = pool.submit(ensure_environment, "emulator", _LOCKS / "sandbox.txt", home, report)
        functions = pool.submit(ensure_environment, "functions", _LOCKS / "functions.txt", home, report)
        return Environments(emulator.result(), functions.result())


def ensure_environment(name: str, requirements: Path, home: Path, report: Callable[[str], None]) -> Path:
    """Returns the interpreter of the environment of `requirements`, made once per content, Python and machine.

    Raises SandboxError ENVIRONMENT_FAILED with the installer's last words.
    """
    folder = home / "envs" / _fingerprint(name, requirements)
    interpreter = folder / "bin" / "python"
    if (folder / _READY).exists():
        return interpreter
    with _locked(folder.with_suffix(".lock")):
        if (folder / _READY).exists():
            return interpreter
        report(f"making the {name} environment from {requirements.name} (once)")
        _build(name, folder, requirements)
    return interpreter


def _fingerprint(name: str, requirements: Path) -> str:
    if not requirements.is_file():
        raise SandboxError(
            SandboxCode.ENVIRONMENT_FAILED, f"the {name} environment cannot be made: {requirements} is missing"
        )
    parts = (LAYOUT_VERSION, sys.version, sys.base_prefix, platform.machine(), sys.platform)
    digest = hashlib.sha256("\0".join(parts).encode() + requirements.read_bytes())
    return f"{name}-{digest.hexdigest()[:16]}"


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Two sandboxes may start at once: one makes the environment, the other waits for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _build(name: str, folder: Path, requirements: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)  # what an interrupted build left
    with _SEARCH:
        installer = uv.find_uv_bin()
    interpreter = folder / "bin" / "python"
    _run(name, [installer, "venv", "--quiet", "--no-project", "--python", sys.executable, str(folder)])
    install = [installer, "pip", "install", "--quiet", "--python", str(interpreter), "--require-hashes"]
    _run(name, [*install, "--compile-bytecode", "--requirement", str(requirements)])
    (folder / _READY).touch()


def _run(name: str, command: list[str]) -> None:
    # An inherited "do not write bytecode" would make every cold start of a function three times slower.
    env = {key: value for key, value in os.environ.items() if key not in ("PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV")}
    result = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        words = " ".join((result.stderr or result.stdout).split())[-600:]
        raise SandboxError(SandboxCode.ENVIRONMENT_FAILED, f"the {name} environment could not be made: {words}")
