"""The open connections: which owner each has."""

from collections.abc import Callable

from contract.errors import ErrorCode, RunError
from runtime.journal.items import CONNECTION_SECONDS, EXPIRY, connection_key
from runtime.journal.table import Table


class ConnectionItems:
    """Records connections. An item outlives its connection by at most an hour."""

    def __init__(self, table: Table, clock: Callable[[], float]) -> None:
        self._table = table
        self._clock = clock

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
