"""The command and the environment of a session's process."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

from sandbox.agent_process import agent_session
from sandbox.sidecar.agent_sessions.errors import agent_failed
from sandbox.sidecar.agent_sessions.version import AgentVersion, Target

LAUNCHER = Path(agent_session.__file__)
_LOCALE = MappingProxyType({"LANG": "C.UTF-8", "TZ": "UTC"})
"""The locale on AWS, instead of this machine's."""

_NOT_FOR_SESSIONS = frozenset(
    {
        *("BIND_HOST", "GATEWAY_PORT", "LAMBDA_ACCOUNT_CONCURRENCY", "SFN_WAIT_SCALE"),
        *("MINISTACK_ACCOUNT_ID", "MINISTACK_REGION"),
        *("LC_ALL", "LC_CTYPE"),
    }
)


@dataclass(frozen=True, slots=True)
class Launch:
    """`wrapper` is a console script of the package that starts the script, if the entry point begins with one."""

    version: AgentVersion
    tree: Path
    script: str
    wrapper: Path | None

    def command(self, python: Path) -> list[str]:
        # -S: a module that the artifact lacks must be missing, even if it is installed on this machine.
        script = [str(python), "-S", "-P", str(LAUNCHER), str(self.version.port), self.script]
        return script if self.wrapper is None else [str(python), "-S", "-P", str(self.wrapper), *script]


def launch_of(version: AgentVersion, tree: Path) -> Launch:
    """Raises AgentCoreError when the entry point is not in the package."""
    *wrapper, script = version.entry_point
    if not script.endswith(".py") or not contains(tree, script):
        raise agent_failed(
            f"An error occurred when starting the runtime: the entry point {script!r} of agent runtime "
            f"{version.runtime_id} is not a Python file in its package (s3://{version.bucket}/{version.key})."
        )
    if wrapper and not contains(tree, f"bin/{wrapper[0]}"):
        raise agent_failed(
            f"An error occurred when starting the runtime: the entry point of agent runtime {version.runtime_id} "
            f"begins with {wrapper[0]!r}, and its package has no bin/{wrapper[0]}; add its distribution."
        )
    return Launch(version, tree, script, tree / "bin" / wrapper[0] if wrapper else None)


def session_environment(emulator: Mapping[str, str], target: Target, tree: Path, folder: Path) -> dict[str, str]:
    """Returns the functions' variables, the runtime's own, and folders in the session's `folder`."""
    given = {name: value for name, value in emulator.items() if name not in _NOT_FOR_SESSIONS}
    folders = {"HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp"), "PWD": str(tree), "PYTHONPATH": str(tree)}
    region = {"AWS_REGION": emulator["AWS_DEFAULT_REGION"]}
    return {**given, **_LOCALE, **region, **_own_address(emulator, target), **target.version.variables, **folders}


def _own_address(emulator: Mapping[str, str], target: Target) -> dict[str, str]:
    """Returns the variable in which an A2A agent finds the address for its card."""
    if target.version.protocol != "A2A":
        return {}
    arn = quote(target.version.arn, safe="")
    return {"AGENTCORE_RUNTIME_URL": f"{emulator['AWS_ENDPOINT_URL']}/runtimes/{arn}/invocations/"}


def make_folders(folder: Path) -> None:
    for name in ("home", "tmp"):
        (folder / name).mkdir(parents=True)


def contains(tree: Path, name: str) -> bool:
    """Returns whether a path from the runtime's description is a file in the package."""
    path = Path(os.path.normpath(tree / name))
    return path.is_relative_to(tree) and path.is_file()
