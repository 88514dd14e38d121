"""The gateway: serves the WebSocket routes. It never raises: API Gateway would send the stack trace to the client."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from contract.errors import ErrorCode, RunError
from runtime.delivery import frames
from runtime.delivery.connections import Connections, NotDeliveredError
from runtime.environment import GatewayEnvironment
from runtime.gateway.actions import Actions, Caller
from runtime.gateway.client_messages import parse
from runtime.gateway.file_links import FileLinks
from runtime.gateway.identity import UnidentifiedError, connection_owner
from runtime.gateway.tokens import revoke, subprotocol_headers, token_use
from runtime.gateway.workspaces import administer
from runtime.journal import Journal
from runtime.process.dispatch import Dispatcher
from runtime.process.lambda_function import LambdaContext, LambdaFunction, Served
from runtime.process.logs import log

_OK: Final = 200
_REVOKE: Final = "revoke"
_WORKSPACE: Final = "workspace"
_RESERVE_MS: Final = 5_000
"""A replay stops this long before the function's limit, so that it can report where to resume."""

_INTERNAL_MESSAGE: Final = "The request could not be served because of an internal error; send it again."


class Gateway:
    """Serves the events of a WebSocket API. Each method returns the HTTP status for API Gateway."""

    def __init__(
        self,
        authorization: str,
        journal: Journal,
        connections: Connections,
        actions: Actions,
        agents: tuple[str, ...] = (),
    ) -> None:
        """`agents` are those that workspaces may ask."""
        self._authorization = authorization
        self._journal = journal
        self._connections = connections
        self._actions = actions
        self._agents = agents

    @classmethod
    def create(cls, environment: GatewayEnvironment) -> "Gateway":
        journal = Journal.create(environment.journal)
        connections = Connections.create(environment.callback_url)
        dispatcher = Dispatcher.create(environment.worker_function)
        links = FileLinks(environment.journal.payload_bucket)
        actions = Actions(journal, connections, dispatcher, links, environment.agents, environment.run_timeout)
        return cls(environment.authorization, journal, connections, actions, environment.agents)

    def serve(self, event: Mapping[str, Any], has_time: Callable[[], bool]) -> int:
        """Route one event. 403 or 500 only for $connect: they keep the socket shut."""
        context = event["requestContext"]
        connection_id = str(context["connectionId"])
        match context["eventType"]:
            case "CONNECT":
                return self._connect(event, connection_id)
            case "DISCONNECT":
                self._disconnect(event, connection_id)
            case _:
                self._message(event, connection_id, has_time)
        return 200

    def _connect(self, event: Mapping[str, Any], connection_id: str) -> int:
        try:
            owner = connection_owner(event, self._authorization)
        except UnidentifiedError as problem:
            log("gateway.rejected", connection_id=connection_id, reason=str(problem))
            return 403
        self._journal.connections.add(connection_id, owner)
        use = token_use(event)
        if use is not None and not self._journal.connections.tokens.open(connection_id, use):
            self._journal.connections.remove(connection_id)
            log("gateway.rejected", connection_id=connection_id, reason="The token is revoked.")
            return 403
        return 200

    def _disconnect(self, event: Mapping[str, Any], connection_id: str) -> None:
        self._journal.connections.remove(connection_id)
        if (use := token_use(event)) is not None:
            self._journal.connections.tokens.close(connection_id, use.owner)

    def revoke(self, request: Mapping[str, Any]) -> int:
        """See runtime.gateway.tokens."""
        return revoke(request, self._journal, self._connections)

    def administer_workspaces(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """See runtime.gateway.workspaces."""
        return administer(request, self._journal, self._agents)

    def _message(self, event: Mapping[str, Any], connection_id: str, has_time: Callable[[], bool]) -> None:
        run_id = None
        try:
            request = parse(event.get("body"), bool(event.get("isBase64Encoded")))
            run_id = getattr(request, "run_id", None)
            owner = self._journal.connections.owner(connection_id)
            self._actions.serve(Caller(connection_id, owner, has_time), request)
        except RunError as problem:
            # The run that was asked for, even where the problem is with another: the client finds its request by it.
            about = run_id or problem.run_id
            log(
                "gateway.rejected", connection_id=connection_id, run_id=about, code=problem.code, reason=problem.message
            )
            self._post(connection_id, frames.error(problem.code, problem.message, about))
        except Exception:
            log("gateway.failed", level="ERROR", connection_id=connection_id, run_id=run_id, exc_info=True)
            self._post(connection_id, frames.error(ErrorCode.INTERNAL, _INTERNAL_MESSAGE, run_id))

    def _post(self, connection_id: str, frame: bytes) -> None:
        try:
            self._connections.post(connection_id, frame)
        except NotDeliveredError as problem:
            log("gateway.not_delivered", level="WARNING", connection_id=connection_id, reason=str(problem))


def _serve(gateway: Gateway, event: Mapping[str, Any], context: LambdaContext) -> Served[dict[str, Any]]:
    # From an operator, who may invoke the function: no event of API Gateway has these keys.
    if isinstance(event.get(_REVOKE), dict):
        return Served({"closed": gateway.revoke(event[_REVOKE])}, {"route": _REVOKE})
    if isinstance(event.get(_WORKSPACE), dict):
        return Served(gateway.administer_workspaces(event[_WORKSPACE]), {"route": _WORKSPACE})
    status = gateway.serve(event, lambda: context.get_remaining_time_in_millis() > _RESERVE_MS)
    place = event["requestContext"]
    headers = subprotocol_headers(event) if place["eventType"] == "CONNECT" and status == _OK else {}
    reply = {"statusCode": status, **({"headers": headers} if headers else {})}
    return Served(reply, {"route": place.get("routeKey"), "status": status})


def _on_failure(event: Mapping[str, Any], _error: Exception) -> Served[dict[str, Any]] | None:
    if _REVOKE in event or _WORKSPACE in event:
        return None
    route = (event.get("requestContext") or {}).get("routeKey")
    return Served({"statusCode": 500}, {"route": route, "status": 500})


handler = LambdaFunction[Gateway, dict[str, Any]](
    "gateway",
    lambda: Gateway.create(GatewayEnvironment.read()),
    _serve,
    warm_reply={"statusCode": 200},
    on_failure=_on_failure,
)
"""Lambda's entry point for every route."""
