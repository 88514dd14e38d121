"""The door: answers the WebSocket routes. It never raises: API Gateway would send the stack trace to the client."""

import functools
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from contract.errors import ErrorCode, RunError
from runtime.delivery import frames
from runtime.delivery.connections import Connections, NotDeliveredError
from runtime.environment import GatewayEnvironment
from runtime.gateway.actions import Actions, Caller
from runtime.gateway.client_messages import parse
from runtime.gateway.dispatch import Dispatcher
from runtime.gateway.file_links import FileLinks
from runtime.gateway.identity import UnidentifiedError, connection_owner
from runtime.journal import Journal
from runtime.logs import log

_RESERVE_MS: Final = 5_000
"""A replay stops so long before the function's limit, to say where to go on."""

_INTERNAL_SENTENCE: Final = "The request could not be served because of an internal error; send it again."


class LambdaContext(Protocol):
    """What the gateway reads of Lambda's context object."""

    def get_remaining_time_in_millis(self) -> int: ...


class Gateway:
    """Serves the events of a WebSocket API. Each method returns the HTTP status for API Gateway."""

    def __init__(self, authorization: str, journal: Journal, connections: Connections, actions: Actions) -> None:
        self._authorization = authorization
        self._journal = journal
        self._connections = connections
        self._actions = actions

    @classmethod
    def create(cls, environment: GatewayEnvironment) -> "Gateway":
        journal = Journal.create(environment.journal)
        connections = Connections.create(environment.callback_url)
        dispatcher = Dispatcher.create(environment.worker_function)
        links = FileLinks(environment.journal.payload_bucket)
        actions = Actions(journal, connections, dispatcher, links, environment.agents, environment.run_timeout)
        return cls(environment.authorization, journal, connections, actions)

    def serve(self, event: Mapping[str, Any], has_time: Callable[[], bool]) -> int:
        """Route one event. 403 or 500 only for $connect: they keep the socket shut."""
        context = event["requestContext"]
        connection_id = str(context["connectionId"])
        match context["eventType"]:
            case "CONNECT":
                return self._connect(event, connection_id)
            case "DISCONNECT":
                self._journal.disconnect(connection_id)
            case _:
                self._message(event, connection_id, has_time)
        return 200

    def _connect(self, event: Mapping[str, Any], connection_id: str) -> int:
        try:
            owner = connection_owner(event, self._authorization)
        except UnidentifiedError as refusal:
            log("gateway.refused", connection_id=connection_id, reason=str(refusal))
            return 403
        self._journal.connect(connection_id, owner)
        return 200

    def _message(self, event: Mapping[str, Any], connection_id: str, has_time: Callable[[], bool]) -> None:
        run_id = None
        try:
            request = parse(event.get("body"), bool(event.get("isBase64Encoded")))
            run_id = getattr(request, "run_id", None)
            owner = self._journal.connection_owner(connection_id)
            self._actions.serve(Caller(connection_id, owner, has_time), request)
        except RunError as problem:
            # The run that was asked for, also where the problem is with another: by it the client finds its request.
            about = run_id or problem.run_id
            log("gateway.refused", connection_id=connection_id, run_id=about, code=problem.code, reason=problem.message)
            self._tell(connection_id, frames.error(problem.code, problem.message, about))
        except Exception:
            log("gateway.failed", level="ERROR", connection_id=connection_id, run_id=run_id, exc_info=True)
            self._tell(connection_id, frames.error(ErrorCode.INTERNAL, _INTERNAL_SENTENCE, run_id))

    def _tell(self, connection_id: str, frame: bytes) -> None:
        try:
            self._connections.post(connection_id, frame)
        except NotDeliveredError as problem:
            log("gateway.not_delivered", level="WARNING", connection_id=connection_id, reason=str(problem))


@functools.cache
def _gateway() -> Gateway:
    """Made at the first call and kept by the process; a failure is not kept."""
    return Gateway.create(GatewayEnvironment.read())


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, int]:
    """Lambda's entry for every route. `{"warm": true}` makes the clients and returns."""
    started = time.monotonic()
    status = 500
    try:
        gateway = _gateway()
        if event.get("warm"):
            return {"statusCode": 200}
        status = gateway.serve(event, lambda: context.get_remaining_time_in_millis() > _RESERVE_MS)
    except Exception:
        log("gateway.failed", level="ERROR", exc_info=True)
    route = event.get("requestContext", {}).get("routeKey")
    log("gateway.served", route=route, status=status, elapsed_ms=round((time.monotonic() - started) * 1000, 1))
    return {"statusCode": status}
