"""The invoker: starts one agent of a run on AgentCore and returns at once. The journal reports how its work goes."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from botocore import exceptions
from botocore.exceptions import ClientError

from contract.errors import ErrorCode, RunError, error_data
from contract.events import EventType
from contract.step_request import StepRequest
from runtime.environment import RuntimeAddress, host_of
from runtime.journal import Journal
from runtime.process.lambda_function import LambdaFunction, Served
from runtime.process.logs import log, run_lines
from runtime.process.task_tokens import TaskTokens
from runtime.tracing.export import Attribute
from runtime.tracing.labels import RunLabels
from runtime.tracing.spans import Span, current_context, traced
from runtime.workflow.environment import InvokerEnvironment
from runtime.workflow.invocation import AgentCore, Invocation
from runtime.workflow.invocation_errors import FailureKind, InvocationError

_SERVER_ERROR: Final = 500


class AgentRefusedError(Exception):
    """The step will not be executed: the agent cannot be invoked, or did not start. The journal records that too, and
    keeps a late agent from starting. The state machine catches it by its name."""


class AgentBusyError(Exception):
    """AgentCore accepts no invocation now, or the journal no event before it; the state machine tries again."""


class NotInvokedError(Exception):
    """The invoker failed before it called AgentCore, so no agent is at work; the state machine catches it by its name.
    What fails later raises nothing: only the journal then shows whether the agent is at work."""


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome: `started`, `ended` (the run had), `duplicate` (the step had begun), `unsettled` (the agent may be at
    work, and the journal does not respond) or `failed` (the waiting state was notified); and the milliseconds until the
    agent's response, 0 where there was none."""

    outcome: str
    reply_ms: float = 0.0


class Invoker:
    """Invokes agents. `runtimes` are the AgentCore runtimes that host them; `tokens` notify states that wait for a
    task's token."""

    def __init__(
        self, journal: Journal, agent_core: AgentCore, runtimes: tuple[RuntimeAddress, ...], tokens: TaskTokens
    ) -> None:
        self._journal = journal
        self._agent_core = agent_core
        self._runtimes = runtimes
        self._tokens = tokens

    @classmethod
    def create(cls, environment: InvokerEnvironment) -> "Invoker":
        journal = Journal.create(environment.journal)
        return cls(journal, AgentCore.create(), environment.runtimes, TaskTokens())

    def invoke(self, step: StepRequest) -> Result:
        """Start the step's agent. Raises AgentRefusedError, AgentBusyError or NotInvokedError.

        Where the step has a task's token, an error is sent to the waiting state by it and not raised: the state need
        not wait for Lambda's own report.
        """
        try:
            result = self._traced(step)
            if step.token and result.outcome == "ended":
                head = self._journal.head(step.run_id)
                # What the AgentCore app would have sent.
                self._tokens.succeed(step.token, {"status": head.status.value, "output": head.output})
        except Exception as error:
            log("invoker.failed", level="WARNING", agent=step.agent, step=step.step, reason=str(error))
            if not step.token:
                raise
            self._tokens.fail(step.token, error)
            return Result("failed")
        return result

    def _traced(self, step: StepRequest) -> Result:
        attributes: dict[str, Attribute] = {
            "agent": step.agent,
            "step": step.step,
            "attempt": step.attempt,
        }
        # A background run has a session of its own.
        labels = RunLabels(step.run_id, step.run_id)
        with traced("invoker", current_context(step.traceparent), attributes, labels=labels) as span:
            result = self._started(step, span)
            span.attributes["outcome"] = result.outcome
        return result

    def _started(self, step: StepRequest, span: Span) -> Result:
        with _nothing_delivered():
            head = self._journal.head(step.run_id)
        if not head.status.is_terminal and head.step >= step.step:
            return self._repeated(step)
        with _nothing_delivered():
            invoked = {"agent": step.agent, "step": step.step, "attempt": step.attempt}
            recorded = self._journal.append(step.run_id, EventType.AGENT_INVOCATION_STARTED, invoked)
        if recorded is None:
            return Result("ended")
        started = time.monotonic()
        try:
            with span.child("InvokeAgentRuntime", {"agent": step.agent}) as below:
                self._agent_core.invoke(self._invocation(step), below.context)
        except InvocationError as error:
            return self._settle(step, error)
        except Exception as error:
            log("invoker.call_failed", level="ERROR", agent=step.agent, exc_info=True)
            message = f"Agent {step.agent} could not be invoked ({type(error).__name__}); see the invoker's log."
            return self._settle(step, InvocationError(FailureKind.UNSETTLED, ErrorCode.INTERNAL, message))
        return Result("started", round((time.monotonic() - started) * 1000, 1))

    def _invocation(self, step: StepRequest) -> Invocation:
        address = host_of(self._runtimes, step.agent)
        if address is None:
            known = ", ".join(agent for runtime in self._runtimes for agent in runtime.agents)
            message = f"No runtime hosts agent {step.agent}; known agents: {known}."
            raise InvocationError(FailureKind.REJECTED, ErrorCode.INVALID_REQUEST, message)
        # After its last agent a session stops itself, otherwise its idle time would be billed.
        keep_session = bool(step.next_agent) and host_of(self._runtimes, step.next_agent) == address
        sent = replace(step, runtime_arn=address.arn, endpoint=address.endpoint, keep_session=keep_session)
        return Invocation(address, step.agent, step.run_id, json.dumps(sent.to_invocation()).encode())

    def _settle(self, step: StepRequest, error: InvocationError) -> Result:
        failure = {"agent": step.agent, "step": step.step, **error_data(error.code, error.message)}
        if error.kind is FailureKind.BUSY:
            with _nothing_delivered():
                again = {**failure, "attempt": step.attempt, "retry": True}
                self._journal.append(step.run_id, EventType.AGENT_INVOCATION_FAILED, again)
            raise AgentBusyError(error.message) from error
        try:
            is_lost = self._journal.mark_step_lost(step.run_id, step.step, failure)
            has_ended = not is_lost and self._journal.head(step.run_id).status.is_terminal
        except Exception:
            log("invoker.not_settled", level="ERROR", agent=step.agent, reason=error.message, exc_info=True)
            return Result("unsettled")
        if is_lost:
            raise AgentRefusedError(error.message) from error
        return Result("ended" if has_ended else "started")

    def _repeated(self, step: StepRequest) -> Result:
        """The result of a second delivery of a request whose response was lost: that of the first still stands."""
        _, newest = self._journal.latest(step.run_id)
        was_lost = newest.type is EventType.AGENT_INVOCATION_FAILED and newest.data.get("step") == step.step
        if was_lost:
            raise AgentRefusedError(str(newest.data["error"]))
        return Result("duplicate")


@contextmanager
def _nothing_delivered() -> Iterator[None]:
    """For what comes before the call of AgentCore. Raises AgentBusyError where the journal may soon respond again, and
    NotInvokedError for any other error."""
    try:
        yield
    except Exception as error:
        if isinstance(error, RunError) and error.code is ErrorCode.THROTTLED:
            raise AgentBusyError(error.message) from error
        if _is_outage(error):
            raise AgentBusyError("The run journal cannot be reached now; try again in a few seconds.") from error
        raise NotInvokedError(f"{type(error).__name__}: {error}") from error


def _is_outage(error: Exception) -> bool:
    """Whether a service was not reached, or failed by itself: the same call may succeed later."""
    if isinstance(error, ClientError):
        status: int = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status >= _SERVER_ERROR
    return isinstance(error, exceptions.HTTPClientError | exceptions.ConnectionError)


def _create() -> Invoker:
    with _nothing_delivered():
        return Invoker.create(InvokerEnvironment.read())


def _serve(service: Invoker, payload: Mapping[str, Any], _context: object) -> Served[dict[str, Any]]:
    with _nothing_delivered():
        step = StepRequest.from_state(payload)
    with run_lines(step.run_id):
        result = service.invoke(step)
    reply = {"outcome": result.outcome, "reply_ms": result.reply_ms}
    return Served(reply, {"run_id": step.run_id, "agent": step.agent, "step": step.step, **reply})


def _on_failure(payload: Mapping[str, Any], error: Exception) -> Served[dict[str, Any]] | None:
    """Notifies the state of what failed before the step was read: its token is all that is known."""
    token = payload.get("token")
    if not token:
        return None
    TaskTokens().fail(str(token), error)
    return Served({"outcome": "failed", "reply_ms": 0.0})


handler = LambdaFunction[Invoker, dict[str, Any]](
    "invoker",
    _create,
    _serve,
    warm_reply={},
    on_failure=_on_failure,
)
"""Lambda's entry point: a step of a run, see StepRequest.from_state."""
