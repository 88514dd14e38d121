"""Posts frames to clients' sockets: API Gateway's connection management behind one class."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from runtime.process.aws_clients import minimal_client

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient

_RETRY_DELAYS: Final = (0.05, 0.1, 0.2, 0.4)
"""Seconds between attempts on 429: the account's rate limit or the client's buffer is reached."""


class NotDeliveredError(Exception):
    """A frame did not arrive, but its connection may still be open: the same frame may be posted again later."""

    def __init__(self, connection_id: str, reason: str) -> None:
        super().__init__(f"a frame to connection {connection_id} was not delivered: {reason}")


class Connections:
    """Posts frames to sockets. Safe to use from several threads."""

    def __init__(self, client: "ApiGatewayManagementApiClient", sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._sleep = sleep

    @classmethod
    def create(cls, callback_url: str, pool_size: int = 10) -> "Connections":
        """A client for the API's callback URL that keeps up to `pool_size` HTTP connections (posts at a time)."""
        client = minimal_client(
            "apigatewaymanagementapi",
            endpoint_url=callback_url,
            attempts=1,  # retried here: botocore's own back-off is too slow for a stream
            connect_timeout=2,
            read_timeout=5,
            max_pool_connections=pool_size,
        )
        return cls(client)

    def post(self, connection_id: str, frame: bytes) -> bool:
        """Send one frame; False when the connection is gone. NotDeliveredError when that is not known."""
        for delay in _RETRY_DELAYS:
            try:
                return self._post(connection_id, frame)
            except self._client.exceptions.LimitExceededException:
                self._sleep(delay)
        try:
            return self._post(connection_id, frame)
        except self._client.exceptions.LimitExceededException:
            attempts = len(_RETRY_DELAYS) + 1
            raise NotDeliveredError(connection_id, f"API Gateway returned 429 {attempts} times") from None

    def close(self, connection_id: str) -> None:
        """Close the socket, which may be gone already. NotDeliveredError when it may still be open."""
        try:
            self._client.delete_connection(ConnectionId=connection_id)
        except self._client.exceptions.GoneException:
            return
        except (ClientError, BotoCoreError) as error:
            raise NotDeliveredError(connection_id, str(error)) from error

    def _post(self, connection_id: str, frame: bytes) -> bool:
        try:
            self._client.post_to_connection(ConnectionId=connection_id, Data=frame)
        except self._client.exceptions.GoneException:
            return False
        except self._client.exceptions.LimitExceededException:
            raise
        except (ClientError, BotoCoreError) as error:
            raise NotDeliveredError(connection_id, str(error)) from error
        return True


class NoConnections(Connections):
    """For a stack without a WebSocket: every connection is gone."""

    def __init__(self) -> None:
        """Needs no client."""

    def post(self, connection_id: str, frame: bytes) -> bool:  # noqa: ARG002
        return False

    def close(self, connection_id: str) -> None:
        """There is nothing to close."""
