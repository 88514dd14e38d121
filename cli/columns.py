"""Columns of a table, as many as stand beside each other without a number or a name broken in two."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.table import Table
from rich.text import Text

GAP = 3
"""Between two columns."""

FOLDED = 16
"""What a column of longer texts is folded to at the narrowest."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column with the cells that are shown of it."""

    name: str
    is_numeric: bool
    cells: Sequence[str]

    @property
    def least(self) -> int:
        """The characters that it cannot do without."""
        widest = max(map(len, self.cells), default=0)
        return max(len(self.name), widest if self.is_numeric else min(widest, FOLDED))


def fitting(columns: Sequence[Column], room: int) -> int:
    """How many of the columns, from the first, fit into `room` characters; one at least."""
    taken = 0
    for count, column in enumerate(columns):
        taken += column.least + (GAP if count else 0)
        if taken > room:
            return max(count, 1)
    return len(columns)


def as_table(columns: Sequence[Column]) -> Table:
    """The columns beside each other; only texts are folded."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column in columns:
        table.add_column(
            column.name,
            justify="right" if column.is_numeric else "left",
            overflow="fold",
            min_width=column.least,
            no_wrap=column.is_numeric,
        )
    for row in zip(*(column.cells for column in columns), strict=True):
        table.add_row(*map(Text, row))
    return table
