"""Replacements for state machines: the definitions that AWS rejects, their settings and tags."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from policies.rules.step_functions.rejections import Rejection, rejections
from sandbox.emulator_process.emulated.replies import Answer, Json
from sandbox.emulator_process.step_functions.module import Names

_SUCCESS: Final = 200
_TRACING: Final = "tracingConfiguration"
_LOGGING: Final = "loggingConfiguration"
_UNTRACED: Final = {"enabled": False}
_MOST_DIAGNOSTICS: Final = 100
"""Of one answer of ValidateStateMachineDefinition; also its default."""


class StateMachines:
    """The replacements, with the names of the functions that they replace; `original` has MiniStack's own."""

    def __init__(self, names: Names, original: Mapping[str, Callable[..., Any]]) -> None:
        self._names = names
        self._original = original

    def create_state_machine(self, data: Json) -> Answer:
        """Rejects the definition as AWS does, and keeps the tracing."""
        if invalid := self._invalid(data.get("definition"), data.get("type")):
            return invalid
        answer: Answer = self._original["_create_state_machine"](_with_whole_logging(data))
        if answer[0] == _SUCCESS:
            self._keep_tracing(json.loads(answer[2]), data.get(_TRACING) or _UNTRACED)
        return answer

    def update_state_machine(self, data: Json) -> Answer:
        """See create_state_machine. What the request does not name stays."""
        machine = self._names["_state_machines"].get(data.get("stateMachineArn"))
        if machine and "definition" in data and (invalid := self._invalid(data["definition"], machine["type"])):
            return invalid
        answer: Answer = self._original["_update_state_machine"](_with_whole_logging(data))
        if answer[0] == _SUCCESS:
            made = {"stateMachineArn": data["stateMachineArn"], **json.loads(answer[2])}
            self._keep_tracing(made, data.get(_TRACING) or machine.get(_TRACING, _UNTRACED))
        return answer

    def describe_state_machine(self, data: Json) -> Answer:
        """Adds the tracing of a version."""
        status, headers, body = self._original["_describe_state_machine"](data)
        if status == _SUCCESS:
            found = json.loads(body)
            version = self._names["_state_machine_versions"].get(data.get("stateMachineArn")) or {}
            body = json.dumps({_TRACING: version.get(_TRACING, _UNTRACED), **found}).encode()
        return status, headers, body

    def delete_state_machine(self, data: Json) -> Answer:
        """Succeeds when there is none, as on AWS."""
        if data.get("stateMachineArn") not in self._names["_state_machines"]:
            return self._success({})
        answer: Answer = self._original["_delete_state_machine"](data)
        return answer

    def list_tags_for_resource(self, data: Json) -> Answer:
        return self._missing(data) or self._original["_list_tags_for_resource"](data)

    def tag_resource(self, data: Json) -> Answer:
        return self._missing(data) or self._original["_tag_resource"](data)

    def untag_resource(self, data: Json) -> Answer:
        return self._missing(data) or self._original["_untag_resource"](data)

    def validate_state_machine_definition(self, data: Json) -> Answer:
        """Returns what CreateStateMachine would reject."""
        most = data.get("maxResults") or _MOST_DIAGNOSTICS
        found = self._rejections(data.get("definition"), data.get("type"))
        diagnostics = [
            {"severity": "ERROR", "code": one.code, "message": one.message, "location": one.location}
            for one in found[:most]
        ]
        result = "FAIL" if diagnostics else "OK"
        return self._success({"result": result, "diagnostics": diagnostics, "truncated": len(found) > most})

    def _invalid(self, definition: Json, kind: Json) -> Answer | None:
        found = self._rejections(definition, kind)
        if not found:
            return None
        reasons = ", ".join(f"{one.code}: {one.message} at {one.location}" for one in found)
        rejection: Answer = self._names["error_response_json"](
            "InvalidDefinition", f"Invalid State Machine Definition: '{reasons}'", 400
        )
        return rejection

    def _rejections(self, definition: Json, kind: Json) -> list[Rejection]:
        """What the rules reject, or what JSONata's parser cannot read."""
        found = rejections(definition if isinstance(definition, str) else "", kind or "STANDARD")
        if not found and (unreadable := self._names["_validate_definition_jsonata"](definition)):
            code, _, rest = unreadable.partition(": ")
            message, _, location = rest.rpartition("\n  at ")
            found = [Rejection(code, location, message)]
        return found

    def _keep_tracing(self, made: Mapping[str, Any], tracing: Json) -> None:
        self._names["_state_machines"][made["stateMachineArn"]][_TRACING] = tracing
        if version := made.get("stateMachineVersionArn"):
            self._names["_state_machine_versions"][version][_TRACING] = tracing

    def _missing(self, data: Json) -> Answer | None:
        """The error for tags of a state machine that does not exist."""
        arn = data.get("resourceArn")
        if not isinstance(arn, str) or ":stateMachine:" not in arn or arn in self._names["_state_machines"]:
            return None
        missing: Answer = self._names["error_response_json"]("ResourceNotFound", f"Resource not found: '{arn}'", 400)
        return missing

    def _success(self, data: Json) -> Answer:
        answer: Answer = self._names["json_response"](data)
        return answer


def _with_whole_logging(data: Json) -> Json:
    """The request with the logging that AWS returns for it."""
    if not isinstance(data.get(_LOGGING), dict):
        return data
    return {**data, _LOGGING: {"level": "OFF", "includeExecutionData": False, **data[_LOGGING]}}
