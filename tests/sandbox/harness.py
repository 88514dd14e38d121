"""Small programs to deploy, processes to watch, and conditions to wait for."""

import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from queue import SimpleQueue
from threading import Event
from typing import Any

from sandbox.lifecycle.commands import Progress, UpOptions, down, up
from sandbox.lifecycle.environments import ensure_environment
from sandbox.lifecycle.program import ProgramProcess, failure
from sandbox.paths import REPOSITORY, home
from sandbox.program.config import read_config
from sandbox.state import SandboxState
from tests.sandbox.clients import remember_keys

PATIENCE = 30.0

PROJECT = """
name: small
runtime: python
config:
  names: {type: array, items: {type: string}, default: [one, two]}
  count: {type: integer, default: 3}
  enabled: {type: boolean, default: false}
  labels: {type: object, default: {a: b}}
  word: {type: string, default: ""}
"""

STACK = "config:\n  aws:region: us-east-1\n"

PREAMBLE = f"""
import json
import pulumi
import pulumi_aws as aws

RUNTIME = "python{sys.version_info.major}.{sys.version_info.minor}"
MACHINE = {"arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"!r}

def trust(service="lambda.amazonaws.com"):
    allowed = {{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {{"Service": service}}}}
    return json.dumps({{"Version": "2012-10-17", "Statement": [allowed]}})

def role(name, service="lambda.amazonaws.com"):
    return aws.iam.Role(name, assume_role_policy=trust(service))

def function(name, source, own_role=None, **arguments):
    code = pulumi.AssetArchive({{"app.py": pulumi.StringAsset(source)}})
    own_role = own_role or role(f"{{name}}-role")
    given = {{"handler": "app.handler", "runtime": RUNTIME, "architectures": [MACHINE], "timeout": 10}} | arguments
    return aws.lambda_.Function(name, role=own_role.arn, code=code, **given)
"""


def write_program(folder: Path, source: str, stack: str = STACK) -> Path:
    """A project with one stack, `local`; `source` follows the helpers of PREAMBLE."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Pulumi.yaml").write_text(PROJECT)
    (folder / "Pulumi.local.yaml").write_text(stack)
    (folder / "__main__.py").write_text(PREAMBLE + source)
    return folder


def wait_until(condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Fails when it does not come true in time."""
    deadline = time.monotonic() + patience
    pause = Event()
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen within {patience} s"
        pause.wait(0.01)


def is_alive(pid: int) -> bool:
    """Whether it runs: an ended process that nobody has asked about yet does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    try:
        return state.read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return not Path("/proc/self").exists()


def processes_of(folder: Path) -> set[int]:
    """The processes with this sandbox's temporary folder in their environment: emulator and functions. Linux only."""
    mark = f"TMPDIR={folder}/".encode()
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if mark in (entry / "environ").read_bytes().replace(b"\0", b"/\0") + b"/":
                    found.add(int(entry.name))
            except OSError:
                continue
    return {pid for pid in found if is_alive(pid)}


def silent(_: object) -> None:
    """Takes progress and leaves it."""


@contextmanager
def running(folder: Path, **options: Any) -> Iterator[SandboxState]:  # noqa: ANN401  as UpOptions has them
    """A sandbox on a free port, taken down at the end whatever happened to it."""
    try:
        state = up(UpOptions(**{"state_dir": folder, "port": 0, **options}), silent)
        remember_keys(state)
        yield state
    finally:
        down(folder)


class Emulator:
    """A sandbox without deployment, to deploy small programs to, one after the other."""

    def __init__(self, state: SandboxState, folder: Path) -> None:
        self.state = state
        self.folder = folder
        functions = REPOSITORY / "requirements" / "functions.txt"
        self._python = ensure_environment("functions", functions, home(), silent)

    def deploy(self, source: str, name: str, **options: Any) -> dict[str, Any]:  # noqa: ANN401  upload, config
        """The program's outputs; raises SandboxError. Names must differ between tests: they share the account."""
        root = write_program(self.folder / name, source)
        config = read_config(root, "local", options.get("config", {}))
        settings = {
            "endpoint": self.state.endpoint,
            "keys": asdict(self.state.keys),
            "python": str(self._python),
            "upload": options.get("upload", False),
        }
        log = self.folder / f"{name}.log"
        events: SimpleQueue[Mapping[str, Any]] = SimpleQueue()
        with ProgramProcess.start(log, events.put) as process:
            process.run(root, config, settings)
            while True:
                event = events.get()
                if event["event"] == "done":
                    return dict(event["outputs"])
                if event["event"] in ("failed", "closed"):
                    raise failure(event, log)


__all__ = ["Emulator", "Progress", "is_alive", "processes_of", "running", "silent", "wait_until", "write_program"]
