"""How a session's process is started: the command of an entry point, and the environment it finds."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from sandbox.agent_process import agent_session
from sandbox.sidecar.agent_sessions.errors import agent_failed
from sandbox.sidecar.agent_sessions.version import AgentVersion, Target

LAUNCHER = Path(agent_session.__file__)
_LOCALE = MappingProxyType({"LANG": "C.UTF-8", "TZ": "UTC"})
"""As on AWS, whatever this machine's is."""

_NOT_FOR_SESSIONS = frozenset(
    {
        *("BIND_HOST", "GATEWAY_PORT", "LAMBDA_ACCOUNT_CONCURRENCY", "SFN_WAIT_SCALE"),
        *("MINISTACK_ACCOUNT_ID", "MINISTACK_REGION"),
        *("LC_ALL", "LC_CTYPE"),
    }
)


@dataclass(frozen=True, slots=True)
class Launch:
    """`wrapper` is a console script of the package that starts the interpreter with the script, where there is one."""

    version: AgentVersion
    tree: Path
    script: str
    wrapper: Path | None

    def command(self, python: Path) -> list[str]:
        # -S: what the artifact lacks is missing here too, whatever is installed on this machine.
        script = [str(python), "-S", "-P", str(LAUNCHER), str(self.version.port), self.script]
        return script if self.wrapper is None else [str(python), "-S", "-P", str(self.wrapper), *script]


def launch_of(version: AgentVersion, tree: Path) -> Launch:
    """Raises AgentCoreError when the entry point is not in the package."""
    *wrapper, script = version.entry_point
    if not script.endswith(".py") or not _holds(tree, script):
        raise agent_failed(
            f"An error occurred when starting the runtime: the entry point {script!r} of agent runtime "
            f"{version.runtime_id} is no Python file in its package (s3://{version.bucket}/{version.key})."
        )
    if wrapper and not _holds(tree, f"bin/{wrapper[0]}"):
        raise agent_failed(
            f"An error occurred when starting the runtime: the entry point of agent runtime {version.runtime_id} "
            f"begins with {wrapper[0]!r}, and its package has no bin/{wrapper[0]}; add the distribution that has it."
        )
    return Launch(version, tree, script, tree / "bin" / wrapper[0] if wrapper else None)


def session_environment(emulator: Mapping[str, str], target: Target, tree: Path, folder: Path) -> dict[str, str]:
    """What functions get of the sandbox, the runtime's own variables, and places in the session's `folder`."""
    given = {name: value for name, value in emulator.items() if name not in _NOT_FOR_SESSIONS}
    places = {"HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp"), "PWD": str(tree), "PYTHONPATH": str(tree)}
    region = {"AWS_REGION": emulator["AWS_DEFAULT_REGION"]}
    return {**given, **_LOCALE, **region, **target.version.variables, **places}


def make_places(folder: Path) -> None:
    for name in ("home", "tmp"):
        (folder / name).mkdir(parents=True)


def _holds(tree: Path, name: str) -> bool:
    """Whether a path that is written in the runtime's description is a file of the package."""
    path = Path(os.path.normpath(tree / name))
    return path.is_relative_to(tree) and path.is_file()
