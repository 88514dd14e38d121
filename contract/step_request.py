"""One agent's step of a run, from the state machine over the invoker to the AgentCore app."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from contract.fields import integer, invalid, is_runtime_session_id, json_type, shown
from contract.limits import MAX_STEP_SECONDS, MAX_STEPS

_DEFAULT_HEARTBEAT_SECONDS: Final = 60

SESSION_ENDS: Final = "ending"
"""The status in the response of an AgentCore app whose session is about to end: nothing was started, the same
invocation gets a new session in a moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRequest:
    """A step of a run. Texts are empty where there is none.

    `next_agent` is the agent of the step after it; `step` counts from 1 to `steps`; `attempt` counts the invocations;
    `output` is the key of what the step before found; `seconds` is the agent's time; `heartbeat_seconds` is the
    longest silence that the workflow accepts; `token` is the token of the state that waits.

    The invoker adds the session's own address (`runtime_arn`, `endpoint`), and whether the next step comes to the same
    session (`keep_session`).
    """

    run_id: str
    agent: str
    next_agent: str = ""
    step: int
    steps: int
    attempt: int = 1
    traceparent: str = ""
    output: str = ""
    seconds: float = MAX_STEP_SECONDS
    heartbeat_seconds: float = _DEFAULT_HEARTBEAT_SECONDS
    token: str = ""
    runtime_arn: str = ""
    endpoint: str = ""
    keep_session: bool = False

    @classmethod
    def from_state(cls, payload: Mapping[str, Any]) -> "StepRequest":
        """The request in the payload that the state machine sends to the invoker. KeyError where a field is
        missing, except `traceparent`."""
        given = {"traceparent": "", **payload}
        return cls(**{name: kind(given[name]) for name, kind in _STATE_FIELDS.items()})

    @classmethod
    def from_invocation(
        cls, payload: object, session_id: str | None, traceparent: str, hosted: Sequence[str]
    ) -> "StepRequest":
        """The request in an invocation of the AgentCore app, whose session has the run's id. `hosted` are the
        agents that may be invoked. Raises RunError INVALID_REQUEST."""
        if session_id is None or not is_runtime_session_id(session_id):
            given = "no session id" if session_id is None else f"the session id {shown(session_id)}"
            raise invalid(f"The invocation has {given}; invoke with the run's id, which has 36 characters.")
        if not isinstance(payload, Mapping):
            raise invalid(f"The payload is a JSON {json_type(payload)}; send an object with agent and step.")
        if "step" not in payload:
            raise invalid("The payload has no step; send the number of the agent's turn in the run, the first is 1.")
        step = integer(payload, "step", 1, MAX_STEPS, 0)
        return cls(
            run_id=session_id,
            agent=_agent(payload, hosted),
            step=step,
            steps=integer(payload, "steps", step, MAX_STEPS, step),
            output=_output(payload, session_id),
            seconds=_seconds(payload, "seconds", MAX_STEP_SECONDS),
            heartbeat_seconds=_seconds(payload, "heartbeat_seconds", _DEFAULT_HEARTBEAT_SECONDS),
            runtime_arn=_text(payload, "runtime_arn"),
            endpoint=_text(payload, "endpoint"),
            token=_text(payload, "token"),
            keep_session=payload.get("keep_session") is True,
            traceparent=traceparent,
        )

    @property
    def is_last(self) -> bool:
        return self.step == self.steps

    def to_invocation(self) -> dict[str, Any]:
        """The payload of the invocation; run id and trace go in its headers."""
        return {name: getattr(self, name) for name in _INVOCATION_FIELDS}


_SESSION_FIELDS: Final = ("runtime_arn", "endpoint", "keep_session")
_STATE_FIELDS: Final[Mapping[str, Any]] = {
    field.name: field.type for field in dataclasses.fields(StepRequest) if field.name not in _SESSION_FIELDS
}
_INVOCATION_FIELDS: Final = (
    *("agent", "step", "steps", "output", "seconds", "heartbeat_seconds"),
    *("runtime_arn", "endpoint", "token", "keep_session"),
)


def state_payload(**values: object) -> dict[str, object]:
    """The payload that the state machine sends to the invoker: for each field its value, or the expression that
    becomes one. TypeError where a field is missing or unknown."""
    if values.keys() != _STATE_FIELDS.keys():
        raise TypeError(f"a step's payload has the fields {', '.join(_STATE_FIELDS)}, not {', '.join(values)}")
    return {name: values[name] for name in _STATE_FIELDS}


def _agent(payload: Mapping[str, Any], hosted: Sequence[str]) -> str:
    agent = payload.get("agent")
    known = ", ".join(hosted)
    if agent is None:
        raise invalid(f"The payload names no agent; send one of: {known}.")
    if agent not in hosted:
        raise invalid(f"Agent {shown(agent)} is not hosted here; hosted agents: {known}.")
    return str(agent)


def _output(payload: Mapping[str, Any], run_id: str) -> str:
    # The bucket holds the outputs of all runs, and everybody's conversations.
    key, folder = _text(payload, "output"), f"runs/{run_id}/steps/"
    if key and not key.startswith(folder):
        raise invalid(f"The output {shown(key)} is not this run's; send a key below {folder} or leave it out.")
    return key


def _text(payload: Mapping[str, Any], key: str) -> str:
    value = payload.get(key) or ""
    if not isinstance(value, str):
        raise invalid(f"The {key} is a JSON {json_type(value)}; send a text or leave it out.")
    return value


def _seconds(payload: Mapping[str, Any], key: str, default: float) -> float:
    value = payload.get(key) or default
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= MAX_STEP_SECONDS:
        raise invalid(f"The {key} {shown(value)} is not valid; send a number over 0 and up to {MAX_STEP_SECONDS}.")
    return float(value)
