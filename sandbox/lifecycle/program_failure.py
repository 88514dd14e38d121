"""The error of a program that could not be recorded, in a message for the person who wrote the program."""

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.errors import SandboxCode, SandboxError
from sandbox.program.project import Project


def program_error(project: Project, failure: Mapping[str, Any], log: Path) -> SandboxError:
    """Returns the error: MISSING_PACKAGE, INVALID_CONFIG for a missing value, the program's own code, or PROGRAM_FAILED
    with the last line of the program's traceback and its place. `failure` is the launcher's result."""
    message = " ".join(str(failure["message"]).split())
    if failure.get("module"):
        return _missing_package(project, str(failure["module"]), place(failure))
    if "ConfigMissingError" in failure["bases"]:
        return SandboxError(SandboxCode.INVALID_CONFIG, f"{message}, or check with --config KEY=VALUE")
    if "RunError" in failure["bases"]:
        return SandboxError(failure.get("code") or SandboxCode.PROGRAM_FAILED, message.rstrip("."))
    if not failure["type"]:
        return SandboxError(SandboxCode.PROGRAM_FAILED, f"{message}; its log is {log}")
    what = f"{failure['type']}: {message}"
    return SandboxError(
        SandboxCode.PROGRAM_FAILED, f"the program failed{place(failure)}: {what.rstrip('.')} (traceback in {log})"
    )


def place(failure: Mapping[str, Any]) -> str:
    """Returns where in the program's own files it failed, empty if nowhere."""
    return f" at {failure['file']}:{failure['line']}" if failure.get("file") else ""


def _missing_package(project: Project, module: str, where: str) -> SandboxError:
    package = _requirement(project, module) or module.partition(".")[0].replace("_", "-")
    return SandboxError(
        SandboxCode.MISSING_PACKAGE,
        f"the program imports {module}{where}, which {project.interpreter} does not have; {_installation(project)}, "
        f"with the package {package}",
    )


def _installation(project: Project) -> str:
    if project.environment and not project.environment.exists():
        return f"make the program's virtual environment {project.environment} (pulumi install)"
    if str(project.interpreter) == sys.executable:
        return "activate a virtual environment of the program (or name it in Pulumi.yaml: runtime.options.virtualenv)"
    return "install the program's requirements there (pulumi install), or make its requirements complete"


def _requirement(project: Project, module: str) -> str | None:
    """Returns the line of requirements.txt for the module's package, without options and remarks."""
    for folder in (project.folder, project.root):
        file = folder / "requirements.txt"
        for line in file.read_text(errors="replace").splitlines() if file.is_file() else ():
            name = re.match(r"\s*([A-Za-z0-9._-]+)", line)
            if name and re.sub(r"[-_.]+", "_", name[1]).lower() == module.partition(".")[0].lower():
                return name[1]
    return None
