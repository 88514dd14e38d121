"""Replaces parts of MiniStack's EventBridge: what an update leaves of a rule, and the targets of one that is gone."""

from collections.abc import Mapping
from types import ModuleType
from typing import Any, Final

from sandbox.emulator_process.emulated.known_module import replace, require_known
from sandbox.emulator_process.emulated.replies import Answer

_REPLACED: Final = {"_list_targets_by_rule": "(data)", "_put_rule": "(data)"}
_USED: Final = ("_rule_key", "_rules", "error_response_json")

_OPTIONAL: Final = {"Description": "", "RoleArn": "", "State": "ENABLED"}
"""Settings that MiniStack keeps from the rule before. PutRule of AWS replaces the rule."""


class EventRules:
    """The replacements, with the names of the functions that they replace."""

    def __init__(self, module: ModuleType) -> None:
        self._names = vars(module)
        self._original = {name: self._names[name] for name in _REPLACED}

    def put_rule(self, data: Mapping[str, Any]) -> Answer:
        answer: Answer = self._original["_put_rule"](_OPTIONAL | dict(data))
        return answer

    def list_targets_by_rule(self, data: Mapping[str, Any]) -> Answer:
        rule, bus = data.get("Rule"), data.get("EventBusName", "default")
        if self._names["_rule_key"](rule, bus) not in self._names["_rules"]:
            message = f"Rule {rule} does not exist on EventBus {bus}."
            missing: Answer = self._names["error_response_json"]("ResourceNotFoundException", message, 400)
            return missing
        answer: Answer = self._original["_list_targets_by_rule"](data)
        return answer


def install(eventbridge: ModuleType) -> None:
    """Replaces functions of `services.eventbridge`. Raises ValueError for an unknown version of it."""
    require_known(eventbridge, "EventBridge", _REPLACED, _USED)
    replace(eventbridge, EventRules(eventbridge), tuple(_REPLACED))
