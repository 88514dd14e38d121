"""The open connections: which owner each has, with which token it was opened, and which tokens are revoked."""

from collections.abc import Callable
from dataclasses import dataclass

from contract.errors import ErrorCode, RunError
from contract.tokens import LONGEST_SECONDS
from runtime.journal.items import (
    CONNECTION_SECONDS,
    DAY_SECONDS,
    EXPIRY,
    connection_key,
    revoked_before_key,
    revoked_token_key,
    token_connection_key,
)
from runtime.journal.table import Table

_MOST_CONNECTIONS = 10_000
"""Of one owner, over three hours; API Gateway opens 500 a second for a whole account."""


@dataclass(frozen=True, slots=True)
class TokenUse:
    """The token that a connection is opened with: its owner, its id, and when it was issued (seconds since 1970)."""

    owner: str
    token_id: str
    issued_at: int


class TokenItems:
    """Records of tokens. A connection is recorded before its token is looked up, and a revocation before the
    connections are: so that one of the two sees the other, whatever their order."""

    def __init__(self, table: Table, clock: Callable[[], float]) -> None:
        self._table = table
        self._clock = clock

    def open(self, connection_id: str, use: TokenUse) -> bool:
        """Record the connection; returns whether its token may be used, and forgets the connection where not."""
        key = token_connection_key(use.owner, connection_id)
        expiry = int(self._clock()) + CONNECTION_SECONDS
        self._table.replace(
            {
                **key,
                "connection_id": connection_id,
                "token_id": use.token_id,
                "issued_at": use.issued_at,
                EXPIRY: expiry,
            }
        )
        if self.is_revoked(use):
            self._table.delete(key)
            return False
        return True

    def close(self, connection_id: str, owner: str) -> None:
        self._table.delete(token_connection_key(owner, connection_id))

    def is_revoked(self, use: TokenUse) -> bool:
        """Whether the token, or all tokens of its owner that were issued by its time, are revoked."""
        token, before = self._table.get_all([revoked_token_key(use.owner, use.token_id), revoked_before_key(use.owner)])
        return token is not None or (before is not None and use.issued_at <= before["issued_at"])

    def revoke(self, owner: str, token_id: str | None) -> list[str]:
        """Revoke one token of the owner, or all that were issued until now; returns the connections to close."""
        now = int(self._clock())
        key = revoked_before_key(owner) if token_id is None else revoked_token_key(owner, token_id)
        self._table.replace({**key, "issued_at": now, EXPIRY: now + LONGEST_SECONDS + DAY_SECONDS})
        first, last = token_connection_key(owner, ""), token_connection_key(owner, "~")
        opened = self._table.query(first["pk"], first["sk"], last["sk"], _MOST_CONNECTIONS)
        return [
            item["connection_id"]
            for item in opened
            if (item["issued_at"] <= now if token_id is None else item["token_id"] == token_id)
        ]


class ConnectionItems:
    """Records connections, and their `tokens`. An item outlives its connection by at most an hour."""

    def __init__(self, table: Table, clock: Callable[[], float]) -> None:
        self._table = table
        self._clock = clock
        self.tokens = TokenItems(table, clock)

    def add(self, connection_id: str, owner: str) -> None:
        expiry = int(self._clock()) + CONNECTION_SECONDS
        self._table.replace({**connection_key(connection_id), "owner": owner, EXPIRY: expiry})

    def owner(self, connection_id: str) -> str:
        """Raises RunError NOT_OWNER for a connection that is not open."""
        item = self._table.get(connection_key(connection_id))
        if item is None:
            raise RunError(ErrorCode.NOT_OWNER, "This connection is not known any more; open a new one.")
        return str(item["owner"])

    def remove(self, connection_id: str) -> None:
        self._table.delete(connection_key(connection_id))
