"""Records what a Pulumi program would deploy: the program runs in a new process, and registers its resources here."""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sandbox.lifecycle.program import account_free_environment, kill_program, start_program
from sandbox.lifecycle.program_failure import place, program_error
from sandbox.paths import REPOSITORY, home
from sandbox.private_files import make_private
from sandbox.program import launcher
from sandbox.program.config import ProgramConfig, read_config
from sandbox.program.project import Project, read_project

PARALLEL: Final = 16
"""Resources that the program registers at the same time; the engine's default on a machine of four processors."""


@dataclass(frozen=True, slots=True)
class Recording:
    """`resources` are in the order of registration, components too: each is {type, name, urn, parent, custom, provider,
    properties, dependencies, depends_on}, with `properties` as on the wire (camelCase), `dependencies` from property to
    URNs, and all URNs in `depends_on`. `notes` say, for people, how the recording differs from a deployment, and
    what the program warns of. `lookups` are the URNs of resources that exist already, which the program only reads."""

    resources: list[dict[str, Any]]
    notes: tuple[str, ...] = ()
    lookups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Run:
    resources: list[dict[str, Any]]
    lookups: frozenset[str]
    failure: Mapping[str, Any]
    warnings: tuple[str, ...]

    @property
    def may_need_unknown(self) -> bool:
        """Whether it may have failed because it could not work with a planned value."""
        known = {"RunError", "ImportError", "SyntaxError", "SystemExit"}
        return bool(self.failure.get("type")) and not known & set(self.failure["bases"])


def record(root: Path, stack: str, overrides: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Returns the resources of the program in a folder with a Pulumi.yaml; see `Recording`. Raises SandboxError."""
    return record_program(read_project(root), read_config(root, stack, overrides or {})).resources


def record_program(project: Project, config: ProgramConfig) -> Recording:
    """Runs the program as in a preview and creates nothing. Raises SandboxError.

    A program whose functions cannot work with planned values runs again with unknown ones, which it gets in a preview.
    """
    log = home() / "logs" / f"record-{os.getpid()}.log"
    make_private(log.parent)
    run = _run(project, config, log, planned=True)
    if run.may_need_unknown:
        second = _run(project, config, log, planned=False)
        if not second.failure:
            log.unlink()
            note = f"{_told(run)}: recorded with unknown values, as in a preview"
            return Recording(second.resources, (note, *second.warnings), second.lookups)
    if run.failure:
        raise program_error(project, run.failure, log)
    log.unlink()
    return Recording(run.resources, run.warnings, run.lookups)


def _told(run: _Run) -> str:
    found = run.failure
    message = " ".join(str(found["message"]).split())
    return f"the program cannot work with planned values{place(found)} ({found['type']}: {message})"


def _run(project: Project, config: ProgramConfig, log: Path, *, planned: bool) -> _Run:
    with (
        tempfile.TemporaryDirectory(prefix="longrun-") as folder,  # mode 0700, as is the socket in it
        _started(project, config, log) as process,
    ):
        from sandbox.program.engine import serving  # noqa: PLC0415 while the process imports Pulumi too
        from sandbox.program.recording import RecordingMonitor  # noqa: PLC0415

        monitor = RecordingMonitor(config, project.folder, planned=planned)
        socket = Path(folder) / "engine"
        with serving(monitor, socket) as logged:
            result = _result(process, json.dumps({**_job(project, config, socket), "planned": planned}))
    if result is None:
        result = {"type": "", "bases": [], "message": "the program's process ended without a result"}
    elif not result and (errors := [*monitor.rejected, *logged.errors]):
        result = {"type": "", "bases": ["RunError"], "message": errors[0]}
    warnings = tuple(f"the program warns: {text}" for text in logged.warnings)
    return _Run(monitor.resources, frozenset(monitor.lookups), result, warnings)


def _job(project: Project, config: ProgramConfig, socket: Path) -> Mapping[str, Any]:
    return {
        "root": str(project.root),
        "program": str(project.program),
        "folder": str(project.folder),
        "hidden": [] if project.is_own else [str(REPOSITORY)],
        "config": dict(config.values),
        "secrets": list(config.secrets),
        "settings": {
            "monitor": f"unix:{socket}",
            "engine": f"unix:{socket}",
            "project": config.project,
            "stack": config.stack,
            "parallel": PARALLEL,
            "dry_run": True,
            "organization": "organization",
            "root_directory": str(project.root),
        },
    }


@contextmanager
def _started(project: Project, config: ProgramConfig, log: Path) -> "Iterator[subprocess.Popen[str]]":
    """Starts the process, which ends with this one."""
    region = {"AWS_REGION": config.region, "AWS_DEFAULT_REGION": config.region}
    command = [str(project.interpreter), launcher.__file__]
    process = start_program(command, account_free_environment() | region, log)
    try:
        yield process
    finally:
        kill_program(process)
        process.communicate()


def _result(process: "subprocess.Popen[str]", job: str) -> Mapping[str, Any] | None:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the process was started without pipes")
    with suppress(BrokenPipeError):
        process.stdin.write(job + "\n")
        process.stdin.flush()
    line = process.stdout.readline()
    try:
        return dict(json.loads(line))
    except ValueError:
        return None
