"""The folders of the sandbox: each is part of a process, and imports only the folders below it."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.paths import REPOSITORY

SANDBOX = REPOSITORY / "sandbox"
SHARED = "sandbox"
"""The modules beside the folders, which every process may load."""

BELOW: dict[str, set[str]] = {
    "sandbox.access": set(),
    SHARED: {"sandbox.access"},
    "sandbox.forking": set(),
    "sandbox.function_process": {"sandbox.forking"},
    "sandbox.agent_process": {SHARED, "sandbox.forking"},
    "sandbox.task_process": {SHARED, "sandbox.forking"},
    "sandbox.emulator_process.emulated": set(),
    "sandbox.emulator_process.control_plane": {"sandbox.emulator_process.emulated"},
    "sandbox.emulator_process.step_functions": {"sandbox.emulator_process.emulated"},
    "sandbox.emulator_process.functions": {"sandbox.access", "sandbox.emulator_process.emulated"},
    "sandbox.emulator_process.containers": {
        "sandbox.emulator_process.emulated",
        "sandbox.emulator_process.step_functions",
    },
    "sandbox.emulator_process.websocket": {"sandbox.emulator_process.emulated", "sandbox.emulator_process.functions"},
    "sandbox.emulator_process.ai_services": {SHARED},
    "sandbox.emulator_process": {
        "sandbox.access",
        "sandbox.emulator_process.ai_services",
        "sandbox.emulator_process.containers",
        "sandbox.emulator_process.control_plane",
        "sandbox.emulator_process.emulated",
        "sandbox.emulator_process.functions",
        "sandbox.emulator_process.step_functions",
        "sandbox.emulator_process.websocket",
    },
    "sandbox.program": {SHARED},
    "sandbox.cloud": {SHARED, "sandbox.access", "sandbox.function_process", "sandbox.program"},
    "sandbox.resource_handlers.checks": {SHARED, "sandbox.cloud", "sandbox.program"},
    "sandbox.resource_handlers.cloudwatch": {"sandbox.cloud", "sandbox.program"},
    "sandbox.resource_handlers": {
        SHARED,
        "sandbox.cloud",
        "sandbox.program",
        "sandbox.resource_handlers.checks",
        "sandbox.resource_handlers.cloudwatch",
    },
    "sandbox.deployment": {
        SHARED,
        "sandbox.access",
        "sandbox.cloud",
        "sandbox.program",
        "sandbox.resource_handlers",
        "sandbox.resource_handlers.checks",
    },
    "sandbox.sidecar": set(),
    "sandbox.sidecar.bedrock": {"sandbox.sidecar"},
    "sandbox.sidecar.invoke_model": {"sandbox.sidecar.bedrock"},
    "sandbox.sidecar.unserved": set(),
    "sandbox.sidecar.traces": set(),
    "sandbox.sidecar.agent_sessions": {
        SHARED,
        "sandbox.access",
        "sandbox.agent_process",
        "sandbox.forking",
        "sandbox.sidecar",
    },
    "sandbox.sidecar.containers": {SHARED, "sandbox.sidecar.agent_sessions", "sandbox.task_process"},
    "sandbox.sidecar.tasks": {
        "sandbox.access",
        "sandbox.sidecar",
        "sandbox.sidecar.agent_sessions",
        "sandbox.sidecar.containers",
    },
    "sandbox.sidecar.image_functions": {
        "sandbox.access",
        "sandbox.sidecar",
        "sandbox.sidecar.agent_sessions",
        "sandbox.sidecar.containers",
    },
    "sandbox.sidecar.agentcore": {SHARED, "sandbox.access", "sandbox.sidecar", "sandbox.sidecar.agent_sessions"},
    "sandbox.supervisor": {
        SHARED,
        "sandbox.access",
        "sandbox.forking",
        "sandbox.sidecar",
        "sandbox.sidecar.agent_sessions",
        "sandbox.sidecar.agentcore",
        "sandbox.sidecar.bedrock",
        "sandbox.sidecar.image_functions",
        "sandbox.sidecar.invoke_model",
        "sandbox.sidecar.tasks",
        "sandbox.sidecar.traces",
        "sandbox.sidecar.unserved",
    },
    "sandbox.lifecycle": {SHARED, "sandbox.program"},
}
"""What each folder imports, in an order in which none imports a later one. `-m` and paths start other processes."""

STANDARD_LIBRARY_ONLY = ("forking", "function_process", "agent_process", "task_process")
"""They run in the functions environment, which has awslambdaric, and in agents' interpreters, which lack it."""


def folder_of(name: str) -> str | None:
    """The folder of an imported module of the sandbox, None for other modules."""
    parts = name.split(".")
    if parts[0] != "sandbox":
        return None
    while len(parts) > 1 and not REPOSITORY.joinpath(*parts).is_dir():
        parts.pop()
    return ".".join(parts)


def imported(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def modules(folder: str) -> list[Path]:
    return sorted(REPOSITORY.joinpath(*folder.split(".")).glob("*.py"))


def test_every_folder_is_listed() -> None:
    folders = {path.parent.relative_to(REPOSITORY).as_posix().replace("/", ".") for path in SANDBOX.rglob("*.py")}

    assert folders == BELOW.keys()


@pytest.mark.parametrize("folder", BELOW)
def test_a_folder_imports_only_those_below_it(folder: str) -> None:
    found = {below for module in modules(folder) for name in imported(module) if (below := folder_of(name))}
    earlier = list(BELOW)[: list(BELOW).index(folder)]

    assert found - {folder} == BELOW[folder]
    assert BELOW[folder] <= set(earlier)


@pytest.mark.parametrize("folder", BELOW)
def test_a_folder_has_at_most_twenty_modules(folder: str) -> None:
    assert len([module for module in modules(folder) if module.name != "__init__.py"]) <= 20


@pytest.mark.parametrize("folder", STANDARD_LIBRARY_ONLY)
def test_what_runs_in_other_environments_imports_only_the_standard_library(folder: str) -> None:
    foreign = {
        name.partition(".")[0]
        for module in modules(f"sandbox.{folder}")
        for name in imported(module)
        if name.partition(".")[0] not in sys.stdlib_module_names
    }

    assert foreign <= {"awslambdaric", "sandbox"}
