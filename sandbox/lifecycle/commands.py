"""The life of a sandbox: up, down, status. The command line and the tests stand on these three."""

from pathlib import Path

from sandbox.errors import SandboxCode, SandboxError
from sandbox.lifecycle.environments import ensure_environments
from sandbox.lifecycle.start import Progress, Report, Start, UpOptions
from sandbox.lifecycle.supervisor_client import END_WITHIN, end_owner
from sandbox.program.config import read_config
from sandbox.state import SandboxState, StateFolder

__all__ = ["Progress", "Report", "SandboxState", "UpOptions", "down", "status", "up"]


def status(state_dir: Path) -> SandboxState | None:
    """The sandbox of this folder; None when there is none, `running` False with the reason when it died."""
    folder = StateFolder(state_dir.resolve())
    state = folder.read()
    if state is None or not state.running or folder.owner() is not None:
        return state
    error = "the sandbox's supervisor was ended from outside; start again with `longrun up`"
    return SandboxState(**{**state.to_json(), "running": False, "error": error})


def down(state_dir: Path) -> bool:
    """Ends the sandbox and everything in it, and returns when it has gone; False when there was nothing to end."""
    folder = StateFolder(state_dir.resolve())
    found = end_owner(folder) or folder.read() is not None
    folder.clear()
    return found


def up(options: UpOptions, report: Report) -> SandboxState:
    """Starts a sandbox and deploys the program to it; on any failure or interruption nothing is left of it.

    Raises SandboxError.
    """
    folder = StateFolder(options.state_dir.resolve())
    _refuse_time_scale(options.time_scale)
    _refuse_second(folder)
    config = read_config(options.root, options.stack, options.config)
    environments = ensure_environments(options.home, lambda message: report(Progress("environments", message)))
    start = Start(options, config, environments, folder, report)
    return start.empty() if options.empty else start.full()


def _refuse_time_scale(scale: float) -> None:
    if not 0 < scale <= 1:
        message = f"the time scale is {scale}; allowed: over 0, up to 1 (as fast as on AWS)"
        raise SandboxError(SandboxCode.INVALID_CONFIG, message)


def _refuse_second(folder: StateFolder) -> None:
    state = status(folder.path)
    if state and state.running:
        raise SandboxError(
            SandboxCode.ALREADY_RUNNING,
            f"a sandbox already runs at {state.endpoint} ({folder.path}); stop it with `longrun down`, "
            "or start another with --state and --port",
        )
    if state:
        folder.wait_free(END_WITHIN)
        folder.clear()  # what a dead sandbox left
