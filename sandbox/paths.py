"""The folders of the sandbox. All of them are below one folder that may be deleted."""

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent


def home() -> Path:
    """The folder of environments, packages and sandboxes: LONGRUN_HOME, or .longrun in the repository."""
    return Path(os.environ.get("LONGRUN_HOME") or REPOSITORY / ".longrun").expanduser().resolve()


def default_state_dir() -> Path:
    """The state folder that the command line uses by default."""
    return home() / "sandbox"
