"""What an invocation on AgentCore asks of the agents' host: one agent's step of a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from contract.fields import integer, invalid, json_type, shown

MIN_SESSION_ID: Final = 33
"""AgentCore takes no shorter id for a session; a run's id has 36 characters."""

MAX_STEPS: Final = 99
MAX_SECONDS: Final = 28_800
"""Eight hours: no session of AgentCore lives longer."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """A step of a run. `steps` is how many the run has; `output` the key of what the step before found; `seconds` the
    agent's time; `token` the one of the state that waits, and `heartbeat_seconds` its limit; `runtime_arn` and
    `endpoint` are this session's own address, and `keep_session` says that the next step will come to it. Texts are
    empty where there is none."""

    run_id: str
    agent: str
    step: int
    steps: int
    output: str
    seconds: float
    heartbeat_seconds: float
    runtime_arn: str
    endpoint: str
    token: str
    keep_session: bool
    traceparent: str

    @classmethod
    def read(cls, payload: object, session_id: str | None, traceparent: str, hosted: Sequence[str]) -> "Assignment":
        """Raises RunError INVALID_REQUEST."""
        if session_id is None or len(session_id) < MIN_SESSION_ID:
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
            seconds=_seconds(payload, "seconds", MAX_SECONDS),
            heartbeat_seconds=_seconds(payload, "heartbeat_seconds", 60),
            runtime_arn=_text(payload, "runtime_arn"),
            endpoint=_text(payload, "endpoint"),
            token=_text(payload, "token"),
            keep_session=payload.get("keep_session") is True,
            traceparent=traceparent,
        )

    @property
    def is_last(self) -> bool:
        return self.step == self.steps


def _agent(payload: Mapping[str, Any], hosted: Sequence[str]) -> str:
    agent = payload.get("agent")
    known = ", ".join(hosted)
    if agent is None:
        raise invalid(f"The payload names no agent; send one of: {known}.")
    if agent not in hosted:
        raise invalid(f"Agent {shown(agent)} is not hosted here; hosted agents: {known}.")
    return str(agent)


def _output(payload: Mapping[str, Any], run_id: str) -> str:
    """The bucket holds what all runs found, and everybody's conversations."""
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
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= MAX_SECONDS:
        raise invalid(f"The {key} {shown(value)} is not valid; send a number over 0 and up to {MAX_SECONDS}.")
    return float(value)
