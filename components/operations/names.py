"""Names of the dashboard and of alarms, which people read in consoles and messages."""

import hashlib
import re
from typing import Final

import pulumi

from policies.rules.aws_limits import ALARM_NAME, DASHBOARD_NAME

_HASH: Final = 8
_OTHER: Final = re.compile(r"[^A-Za-z0-9_-]")


def prefix() -> str:
    """Project and stack: alarms and dashboards of all stacks of an account are in one list."""
    return _OTHER.sub("-", f"{pulumi.get_project()}-{pulumi.get_stack()}")


def namespace() -> str:
    """The namespace of the stack's own metrics; up to 255 characters, none of them a colon."""
    return f"Longrun/{shortened(prefix(), 200)}"


def dashboard_name(component: str) -> str:
    return shortened(f"{prefix()}-{component}", DASHBOARD_NAME.longest)


def alarm_name(role: str) -> str:
    return shortened(f"{prefix()}-{role}", ALARM_NAME.longest)


def shortened(name: str, longest: int) -> str:
    """The name, or its start with a hash of the whole where it is longer."""
    if len(name) <= longest:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:_HASH]
    return f"{name[: longest - _HASH - 1]}-{digest}"
