"""The result of a query: rows of JSON values, or an error with the reason."""

from dataclasses import dataclass
from typing import Any, Final

MAX_SECONDS: Final = 20.0


class SqlError(ValueError):
    """A query that was rejected or failed. The message is for the model that wrote it."""


class SqlMemoryError(SqlError):
    """A query that needed more memory than allowed. DuckDB does not always free what it had taken."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A result in JSON values. `truncated`: there were more rows, or longer values, than the limits allow."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    truncated: bool

    def to_json(self) -> dict[str, Any]:
        return {
            "columns": list(self.columns),
            "rows": [list(row) for row in self.rows],
            "row_count": len(self.rows),
            "truncated": self.truncated,
        }
