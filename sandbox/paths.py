"""Where the sandbox keeps things: all of it under one folder that may be deleted."""

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent


def home() -> Path:
    """Environments, packages and sandboxes: LONGRUN_HOME, or .longrun in the repository."""
    return Path(os.environ.get("LONGRUN_HOME") or REPOSITORY / ".longrun").expanduser().resolve()


def default_state_dir() -> Path:
    """The state of the one sandbox that the command line means when it is given no other."""
    return home() / "sandbox"
