"""The resource of a Task, taken apart: which service it calls, and how it waits for the end."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from policies.rules.step_functions.states.graph import PlacedState
from policies.rules.values import UNKNOWN

REQUEST, SYNC, SYNC_2, TOKEN = "", ".sync", ".sync:2", ".waitForTaskToken"
_INTEGRATION: Final = re.compile(
    r"arn:[a-z-]+:states:[a-z0-9-]*:[0-9]*:(?P<sdk>aws-sdk:)?(?P<service>[A-Za-z0-9-]+):(?P<action>\w+)"
    r"(?P<pattern>\.sync(?::2)?|\.waitForTaskToken)?"
)
_ACTIVITY: Final = re.compile(r"arn:[a-z-]+:states:[a-z0-9-]*:[0-9]*:activity:.+")
_FUNCTION: Final = re.compile(r"arn:[a-z-]+:lambda:[a-z0-9-]*:[0-9]*:function:.+")


@dataclass(frozen=True, slots=True)
class Integration:
    """`sdk`: called through an AWS SDK instead of an integration of its own; `pattern`: REQUEST (the answer to the call
    is all), SYNC (to the end of the job) or TOKEN (until someone reports)."""

    service: str
    action: str
    pattern: str
    sdk: bool

    @property
    def name(self) -> str:
        return f"{'aws-sdk:' if self.sdk else ''}{self.service}:{self.action}"


def integration_of(task: PlacedState) -> Integration | None:
    """None for an activity, and where the resource is not known or is none that can be called."""
    resource = task.state.get("Resource")
    if not isinstance(resource, str):
        return None
    if _FUNCTION.fullmatch(resource):
        return Integration("lambda", "invoke", REQUEST, sdk=False)
    match = _INTEGRATION.fullmatch(resource)
    if match is None or _ACTIVITY.fullmatch(resource):
        return None
    return Integration(match["service"], match["action"], match["pattern"] or REQUEST, match["sdk"] is not None)


def is_activity(task: PlacedState) -> bool:
    resource = task.state.get("Resource")
    return isinstance(resource, str) and _ACTIVITY.fullmatch(resource) is not None


def waits_for_token(task: PlacedState) -> bool:
    found = integration_of(task)
    return found is not None and found.pattern == TOKEN


def arguments(task: PlacedState) -> tuple[str, Mapping[str, object]] | None:
    """(field, value) of what the service is given; None where that is not known or computed as a whole."""
    for field in ("Arguments", "Parameters"):
        given = task.state.get(field)
        if given is UNKNOWN or isinstance(given, str):
            return None
        if isinstance(given, Mapping):
            return field, given
    return "Arguments" if task.language == "JSONata" else "Parameters", {}


def argument(given: Mapping[str, object], name: str) -> object:
    """The value of an argument, whether it is written down, JSONata, or a path under `name.$`."""
    return given[name] if name in given else given.get(f"{name}.$")
