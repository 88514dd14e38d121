"""What a query comes to: rows as JSON can hold them, or a sentence about why there are none."""

from dataclasses import dataclass
from typing import Any, Final

MAX_SECONDS: Final = 20.0


class SqlError(ValueError):
    """A query that was refused or failed; the message is for whoever wrote the query."""


class SqlMemoryError(SqlError):
    """A query that needed more memory than there is. What it had is not always given back."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A result as JSON can hold it. `truncated`: there were more rows, or longer values, than the limits allow."""

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


def quoted(name: str) -> str:
    """A table's or column's name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'
