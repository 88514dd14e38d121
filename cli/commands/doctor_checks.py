"""The checks of `longrun doctor`; each returns what it found and what to do about it."""

import os
import platform
import shutil
import socket
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from sandbox.emulator_access import PREFERRED_PORT
from sandbox.lifecycle.commands import status
from sandbox.paths import home
from sandbox.state import SandboxState

MINIMUM_PYTHON = (3, 11)
NEEDED_DISK_GB = 2.0
COMMAND_TIMEOUT_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Check:
    """The result of a check. `state` is ok, later (created when first needed), optional (some features need it) or
    missing."""

    name: str
    state: str
    detail: str
    advice: str = ""

    def to_json(self) -> dict[str, str]:
        return asdict(self)


def first_line(*command: str) -> str | None:
    """The first line that a command writes; None if it is not installed or fails."""
    try:
        done = subprocess.run(  # noqa: S603  fixed commands
            command, capture_output=True, text=True, timeout=COMMAND_TIMEOUT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = (done.stdout + done.stderr).strip().splitlines()
    return lines[0] if done.returncode == 0 and lines else None


def python_version() -> Check:
    found = f"{platform.python_version()} at {sys.executable}"
    if sys.version_info >= MINIMUM_PYTHON:
        return Check("Python", "ok", found)
    return Check("Python", "missing", found, "install Python 3.11 or newer and run make setup PYTHON=python3.11")


def installer() -> Check:
    next_to_python = Path(sys.executable).with_name("uv")
    path = str(next_to_python) if next_to_python.exists() else shutil.which("uv")
    version = first_line(path, "--version") if path else None
    if version:
        return Check("uv", "ok", f"{version} at {path}")
    return Check("uv", "missing", "not found", "run make setup, which puts it into .venv")


def built(name: str, folder: Path, made_by: str) -> Check:
    """Checks whether a cache folder below `.longrun` has any entries."""
    entries = [entry for entry in folder.iterdir() if entry.is_dir()] if folder.is_dir() else ()
    if entries:
        return Check(name, "ok", f"{len(entries)} in {folder}")
    return Check(name, "later", f"none in {folder}", f"{made_by} builds them; the first build needs the package index")


def port(number: int, own_sandbox: bool) -> Check:
    name = f"Port {number}"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
        except OSError:
            if own_sandbox:
                return Check(name, "ok", "the sandbox listens on it")
            return Check(name, "optional", "in use by another program", "run longrun up --port 0 to use a free port")
    return Check(name, "ok", "free")


def disk(folder: Path) -> Check:
    while not folder.exists():
        folder = folder.parent
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        return Check("Disk", "missing", f"{folder} is not a writable folder", "set LONGRUN_HOME to one that is")
    free = shutil.disk_usage(folder).free / 1e9
    found = f"{free:.1f} GB free at {folder}"
    if free >= NEEDED_DISK_GB:
        return Check("Disk", "ok", found)
    return Check("Disk", "missing", found, f"free some space: environments and packages take {NEEDED_DISK_GB:.0f} GB")


def java() -> Check:
    version = first_line("java", "-version")
    if version:
        return Check("Java", "ok", version)
    return Check("Java", "optional", "not found", "install a Java runtime (17+) to run the tests marked dynamodb")


def pulumi() -> Check:
    version = first_line("pulumi", "version")
    if version:
        return Check("Pulumi CLI", "ok", version)
    advice = "install it from https://www.pulumi.com/docs/install/ to deploy to AWS; the sandbox works without it"
    return Check("Pulumi CLI", "optional", "not on the PATH", advice)


def docker() -> Check:
    version = first_line("docker", "version", "--format", "{{.Server.Version}}")
    if version:
        return Check("Docker", "ok", f"engine {version}; the sandbox does not use it")
    advice = (
        "nothing needs it here: the sandbox runs functions, agents and ECS tasks as processes; an engine would build "
        "the images for AWS, and isolate a task's files and memory from this machine"
    )
    return Check("Docker", "optional", "no engine", advice)


def all_checks(state_dir: Path) -> list[Check]:
    """The results of all checks, in the order of the output."""
    state = status(state_dir)
    own = bool(state and state.running and state.endpoint.endswith(f":{PREFERRED_PORT}"))
    return [
        python_version(),
        installer(),
        disk(home()),
        built("Environments", home() / "envs", "longrun up"),
        built("Packages", home() / "packages", "longrun up"),
        port(PREFERRED_PORT, own),
        running(state_dir, state),
        pulumi(),
        docker(),
        java(),
    ]


def running(state_dir: Path, state: SandboxState | None) -> Check:
    if state is None:
        return Check("Sandbox", "later", f"none in {state_dir}", "longrun up starts it; longrun demo does not need it")
    if state.running:
        return Check("Sandbox", "ok", f"running at {state.endpoint}")
    return Check("Sandbox", "optional", state.error or "it has ended", "start it again with longrun up")
