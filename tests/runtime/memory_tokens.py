"""Revoked tokens and their connections without a table."""

from typing import Any

from runtime.journal.access.connections import TokenItems


class MemoryTable:
    """The calls that TokenItems makes of the journal's table."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], dict[str, Any]] = {}

    def replace(self, item: dict[str, Any]) -> None:
        self.items[item["pk"], item["sk"]] = dict(item)

    def get_all(self, keys: list[dict[str, str]]) -> list[dict[str, Any] | None]:
        return [self.items.get((key["pk"], key["sk"])) for key in keys]

    def query(self, partition: str, first: str, last: str, limit: int) -> list[dict[str, Any]]:
        return [item for (pk, sk), item in sorted(self.items.items()) if pk == partition and first <= sk <= last][
            :limit
        ]

    def delete(self, key: dict[str, str]) -> None:
        self.items.pop((key["pk"], key["sk"]), None)


def memory_tokens(clock: Any) -> TokenItems:  # noqa: ANN401  as the journal's
    table: Any = MemoryTable()
    return TokenItems(table, clock)
