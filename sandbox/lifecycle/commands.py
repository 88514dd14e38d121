"""Starts, ends and describes a sandbox: `up`, `down` and `status`, for the command line and for tests."""

from pathlib import Path

from sandbox.errors import SandboxCode, SandboxError
from sandbox.lifecycle.environments import ensure_environments
from sandbox.lifecycle.start import Progress, Report, Start, UpOptions
from sandbox.lifecycle.supervisor_client import END_WITHIN, end_owner
from sandbox.program.config import read_config
from sandbox.state import SandboxState, StateFolder

__all__ = ["Progress", "Report", "SandboxState", "UpOptions", "down", "status", "up"]


def status(state_dir: Path) -> SandboxState | None:
    """Returns the state of the folder's sandbox, None without one; `error` is set when it died."""
    folder = StateFolder(state_dir.resolve())
    state = folder.read()
    if state is None or not state.running or folder.owner() is not None:
        return state
    error = "the sandbox's supervisor was ended from outside; start again with `longrun up`"
    return SandboxState(**{**state.to_json(), "running": False, "error": error})


def down(state_dir: Path) -> bool:
    """Ends the sandbox and returns when all its processes have ended; False when there was none."""
    folder = StateFolder(state_dir.resolve())
    found = end_owner(folder) or folder.read() is not None
    folder.clear()
    return found


def up(options: UpOptions, report: Report) -> SandboxState:
    """Starts a sandbox and deploys the program to it. After a failure or an interruption nothing of it is left.

    Raises SandboxError.
    """
    folder = StateFolder(options.state_dir.resolve())
    _validate_time_scale(options.time_scale)
    _require_no_other_sandbox(folder)
    config = read_config(options.root, options.stack, options.config)
    for note in config.notes:
        report(Progress("config", note))
    environments = ensure_environments(options.home, lambda message: report(Progress("environments", message)))
    start = Start(options, config, environments, folder, report)
    return start.empty() if options.empty else start.full()


def _validate_time_scale(scale: float) -> None:
    if not 0 < scale <= 1:
        message = f"the time scale is {scale}; allowed: more than 0, up to 1 (as fast as on AWS)"
        raise SandboxError(SandboxCode.INVALID_CONFIG, message)


def _require_no_other_sandbox(folder: StateFolder) -> None:
    state = status(folder.path)
    if state and state.running:
        raise SandboxError(
            SandboxCode.ALREADY_RUNNING,
            f"a sandbox already runs at {state.endpoint} ({folder.path}); stop it with `longrun down`, "
            "or start another with --state and --port",
        )
    if state:
        folder.wait_free(END_WITHIN)
        folder.clear()  # the files of a sandbox that died
