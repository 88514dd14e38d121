"""A table with as many columns as fit side by side without breaking a number or a name."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.table import Table
from rich.text import Text

GAP = 3
"""Characters between two columns."""

FOLDED = 16
"""The minimum width of a column of longer texts, which are folded."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column with the cells that are shown."""

    name: str
    is_numeric: bool
    cells: Sequence[str]

    @property
    def min_width(self) -> int:
        """Its minimum width in characters."""
        widest = max(map(len, self.cells), default=0)
        return max(len(self.name), widest if self.is_numeric else min(widest, FOLDED))


def fitting(columns: Sequence[Column], width: int) -> int:
    """How many of the columns, from the first, fit into `width` characters; at least one."""
    used = 0
    for count, column in enumerate(columns):
        used += column.min_width + (GAP if count else 0)
        if used > width:
            return max(count, 1)
    return len(columns)


def as_table(columns: Sequence[Column]) -> Table:
    """The columns side by side; only texts are folded."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column in columns:
        table.add_column(
            column.name,
            justify="right" if column.is_numeric else "left",
            overflow="fold",
            min_width=column.min_width,
            no_wrap=column.is_numeric,
        )
    for row in zip(*(column.cells for column in columns), strict=True):
        table.add_row(*map(Text, row))
    return table
