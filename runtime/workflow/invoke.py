"""Starts one agent of a run on AgentCore and returns at once: how the agent's work goes is told by the journal."""

import functools
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contract.errors import ErrorCode, RunError
from contract.events import EventType
from runtime.environment import InvokerEnvironment, RuntimeAddress
from runtime.journal import Journal
from runtime.logs import log, run_lines
from runtime.task_tokens import TaskTokens
from runtime.tracing.export import Attribute
from runtime.tracing.spans import Span, TraceContext, traced
from runtime.workflow.invocation import AgentCore, Invocation
from runtime.workflow.invocation_errors import InvocationError, Verdict


class AgentRefusedError(Exception):
    """The step will not be worked on: the agent cannot be invoked, or did not begin. The journal says so too, and keeps
    a late agent from beginning. The state machine catches it by its name."""


class AgentBusyError(Exception):
    """AgentCore takes no invocation now, or the journal no entry before it; the state machine tries again."""


@dataclass(frozen=True, slots=True)
class Call:
    """One step of a run as the state machine orders it. `output` is the key of the predecessor's output, `seconds` the
    agent's time, `token` the task's token; texts are empty where there is none."""

    run_id: str
    agent: str
    step: int
    steps: int
    attempt: int
    output: str
    seconds: float
    heartbeat_seconds: float
    next_agent: str
    token: str

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> "Call":
        return cls(
            run_id=str(payload["run_id"]),
            agent=str(payload["agent"]),
            step=int(payload["step"]),
            steps=int(payload["steps"]),
            attempt=int(payload["attempt"]),
            output=str(payload["output"]),
            seconds=float(payload["seconds"]),
            heartbeat_seconds=float(payload["heartbeat_seconds"]),
            next_agent=str(payload["next_agent"]),
            token=str(payload["token"]),
        )


@dataclass(frozen=True, slots=True)
class Result:
    """How it went: `started`, `ended` (the run had), or `duplicate` (the step had begun); and the milliseconds until
    the agent's answer, 0 where there was none."""

    outcome: str
    reply_ms: float = 0.0


class Invoker:
    """Invokes agents. `runtimes` are the AgentCore runtimes that host them."""

    def __init__(self, journal: Journal, agent_core: AgentCore, runtimes: tuple[RuntimeAddress, ...]) -> None:
        self._journal = journal
        self._agent_core = agent_core
        self._runtimes = runtimes

    @classmethod
    def create(cls, environment: InvokerEnvironment) -> "Invoker":
        journal = Journal.create(environment.journal)
        return cls(journal, AgentCore.create(), environment.runtimes)

    def invoke(self, call: Call, span: Span) -> Result:
        """Raises AgentRefusedError, AgentBusyError, or RunError UNKNOWN_RUN."""
        try:
            before = self._before(call)
        except RunError as problem:
            if problem.code is not ErrorCode.THROTTLED:
                raise
            # Nothing was delivered yet, so that the run need not end for it.
            raise AgentBusyError(problem.message) from problem
        if before is not None:
            return before
        started = time.monotonic()
        try:
            with span.child("InvokeAgentRuntime", {"agent": call.agent}) as below:
                self._agent_core.invoke(self._invocation(call), below.context)
        except InvocationError as error:
            return self._settle(call, error)
        return Result("started", round((time.monotonic() - started) * 1000, 1))

    def ended(self, run_id: str) -> dict[str, str]:
        """What a state that waits for a token is told of a run that had ended: what its host would have said."""
        head = self._journal.head(run_id)
        return {"status": head.status.value, "output": head.output}

    def _before(self, call: Call) -> Result | None:
        """Enters the invocation into the journal; the result where there is none to be made."""
        head = self._journal.head(call.run_id)
        if not head.status.is_terminal and head.step >= call.step:
            return self._repeated(call)
        begun = {"agent": call.agent, "step": call.step, "attempt": call.attempt}
        if self._journal.append(call.run_id, EventType.AGENT_INVOCATION_STARTED, begun) is None:
            return Result("ended")
        return None

    def _invocation(self, call: Call) -> Invocation:
        address = self._host(call.agent)
        if address is None:
            known = ", ".join(agent for runtime in self._runtimes for agent in runtime.agents)
            sentence = f"No runtime hosts agent {call.agent}; known agents: {known}."
            raise InvocationError(Verdict.REFUSED, ErrorCode.INVALID_REQUEST, sentence)
        payload = {
            "agent": call.agent,
            "step": call.step,
            "steps": call.steps,
            "output": call.output,
            "seconds": call.seconds,
            "heartbeat_seconds": call.heartbeat_seconds,
            "runtime_arn": address.arn,
            "endpoint": address.endpoint,
            "token": call.token,
            # Behind its last agent a session stops itself, else it would be billed for idling.
            "keep_session": bool(call.next_agent) and self._host(call.next_agent) == address,
        }
        return Invocation(address, call.agent, call.run_id, json.dumps(payload).encode())

    def _host(self, agent: str) -> RuntimeAddress | None:
        return next((runtime for runtime in self._runtimes if agent in runtime.agents), None)

    def _settle(self, call: Call, error: InvocationError) -> Result:
        told = {"agent": call.agent, "step": call.step, "code": error.code.value, "error": error.message}
        if error.verdict is Verdict.BUSY:
            again = {**told, "attempt": call.attempt, "retry": True}
            self._journal.append(call.run_id, EventType.AGENT_INVOCATION_FAILED, again)
            raise AgentBusyError(error.message) from error
        if self._journal.refuse_step(call.run_id, call.step, told):
            raise AgentRefusedError(error.message) from error
        return Result("ended" if self._journal.head(call.run_id).status.is_terminal else "started")

    def _repeated(self, call: Call) -> Result:
        """A second delivery of an order whose answer was lost: what the first came to still stands."""
        _, newest = self._journal.latest(call.run_id)
        refused = newest.type is EventType.AGENT_INVOCATION_FAILED and newest.data.get("step") == call.step
        if refused:
            raise AgentRefusedError(str(newest.data["error"]))
        return Result("duplicate")


@functools.cache
def _invoker() -> Invoker:
    """Made at the first call and kept by the process; a failure is not kept."""
    return Invoker.create(InvokerEnvironment.read())


@functools.cache
def _tokens() -> TaskTokens:
    return TaskTokens()


def handler(payload: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Lambda's entry: a step of a run, see Call; with `traceparent`. `{"warm": true}` makes the clients and returns.

    Where the payload has a task's token, an error is sent to the waiting state by it and not raised: the emulator does
    not hear a function that fails there.
    """
    if payload.get("warm"):
        _invoker()
        return {}
    token = str(payload["token"])
    with run_lines(str(payload["run_id"])):
        try:
            result = _serve(payload)
            if token and result.outcome == "ended":
                _tokens().succeed(token, _invoker().ended(str(payload["run_id"])))
        except Exception as error:
            log("invoker.failed", level="WARNING", agent=payload["agent"], step=payload["step"], reason=str(error))
            if not token:
                raise
            _tokens().fail(token, error)
            return {"outcome": "failed", "reply_ms": 0.0}
    return {"outcome": result.outcome, "reply_ms": result.reply_ms}


def _serve(payload: Mapping[str, Any]) -> Result:
    started = time.monotonic()
    call = Call.from_payload(payload)
    attributes: dict[str, Attribute] = {
        "run_id": call.run_id,
        "agent": call.agent,
        "step": call.step,
        "attempt": call.attempt,
    }
    with traced("invoker", TraceContext.current(payload.get("traceparent")), attributes) as span:
        result = _invoker().invoke(call, span)
        span.attributes["outcome"] = result.outcome
    elapsed_ms = round((time.monotonic() - started) * 1000, 1)
    log(
        "invoker.served",
        agent=call.agent,
        step=call.step,
        outcome=result.outcome,
        reply_ms=result.reply_ms,
        elapsed_ms=elapsed_ms,
    )
    return result
