"""Hands a run off to the worker: an asynchronous invocation, because API Gateway cuts an integration at 29 s."""

import json
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError, ReadTimeoutError

from contract.redaction import redact
from contract.trace_context import TraceContext
from runtime.process.aws_clients import minimal_client
from runtime.process.function_errors import cannot_run
from runtime.process.logs import log

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


_TRACE: ContextVar[TraceContext | None] = ContextVar("longrun-dispatched", default=None)
"""Of the invocation that the thread makes."""


class DispatchError(Exception):
    """The worker could not be invoked. `may_have_arrived`: no response came, so the worker may be at work. `reason` is
    why the function cannot run, for the user and without a secret, empty where that is not known."""

    def __init__(self, message: str, *, may_have_arrived: bool = False, reason: str = "") -> None:
        super().__init__(message)
        self.may_have_arrived = may_have_arrived
        self.reason = reason


class Dispatcher:
    """Invokes the worker function. Safe to use from several threads."""

    def __init__(self, client: "LambdaClient", function: str, *, begins_traces: bool = False) -> None:
        """A run without a trace of its own is invoked in that of this invocation, or in a new one."""
        self._client = client
        self._function = function
        self._begins_traces = begins_traces

    @classmethod
    def create(cls, function: str) -> "Dispatcher":
        """A dispatcher for a function's name or ARN; three attempts of at most 5 s, within the gateway's 29 s."""
        return cls(_client(), function)

    @classmethod
    def of_chain(cls, function: str) -> "Dispatcher":
        """For a worker that invokes the next run's. Each run is a piece of work of its own, which a user has asked for,
        and is in a trace of its own. In the trace of the run before, Lambda would take a long queue for a recursive
        loop and stop it at the sixteenth invocation: it recognises one by the trace header."""
        return cls(_client(), function, begins_traces=True)

    def dispatch(self, run_id: str, traceparent: str = "") -> None:
        """Queue one invocation for the run, below its place in a trace, which X-Ray gets: the worker itself reads it
        from the run's head. More than one per run is harmless: the worker's claim admits the first."""
        payload = json.dumps({"run_id": run_id}).encode()
        trace = TraceContext.from_traceparent(traceparent)
        _TRACE.set(TraceContext.new() if trace is None and self._begins_traces else trace)
        try:
            self._client.invoke(FunctionName=self._function, InvocationType="Event", Payload=payload)
        except (ReadTimeoutError, ConnectionClosedError) as error:
            raise DispatchError(
                f"the worker {self._function} did not respond: {error}", may_have_arrived=True
            ) from error
        except ClientError as error:
            message = f"the worker {self._function} could not be invoked: {error}"
            raise DispatchError(message, reason=self._reason(error)) from error
        except BotoCoreError as error:
            raise DispatchError(f"the worker {self._function} could not be invoked: {error}") from error

    def _reason(self, error: ClientError) -> str:
        """Why the function cannot run: Lambda's error names its state (Failed, Pending, Inactive) without a reason."""
        code = error.response["Error"]["Code"]
        if not cannot_run(code):
            return ""
        if code == "ResourceNotFoundException":
            return f"there is no function {self._function}"
        try:
            found = self._client.get_function_configuration(FunctionName=self._function)
        except (ClientError, BotoCoreError):
            log("gateway.worker_state_not_read", level="WARNING", function=self._function, exc_info=True)
            return ""
        state, reason = found.get("State", "Active"), found.get("StateReason", "")
        if state == "Active":
            return ""
        kind = f" ({found['StateReasonCode']})" if found.get("StateReasonCode") else ""
        why = f": {redact(' '.join(reason.split())).rstrip('.')}" if reason else ""
        return f"the function {self._function} is in state {state}{why}{kind}"


def _client() -> "LambdaClient":
    client: LambdaClient = minimal_client("lambda", attempts=3, connect_timeout=2, read_timeout=5)
    client.meta.events.register("before-call.lambda.Invoke", _pass_trace)
    return client


def _pass_trace(params: MutableMapping[str, Any], **_: object) -> None:
    """botocore passes the trace of the current invocation on, unless there is a header."""
    trace = _TRACE.get()
    if trace is not None:
        params["headers"]["X-Amzn-Trace-Id"] = trace.xray_header
