"""The list of the tables. Without statsmodels and matplotlib: it runs where these are not installed, too."""

from typing import Any

from tools.analysis.errors import AnalysisError
from tools.analysis.tables import REMARKS, read_table
from tools.analysis.workspace import Workspace


def list_tables(workspace: Workspace) -> dict[str, Any]:
    """The tables with their rows and columns, and what is known about them."""
    rows: list[list[Any]] = []
    unreadable: dict[str, str] = {}
    remarks: dict[str, list[str]] = {}
    for name in workspace.tables.names():
        workspace.check()
        try:
            frame = read_table(name, workspace.tables.path(name))
        except AnalysisError as error:
            unreadable[name] = str(error)
        else:
            rows.append([name, len(frame), ", ".join(str(column) for column in frame.columns)])
            remarks |= {name: list(frame.attrs[REMARKS])} if frame.attrs[REMARKS] else {}
    listed: dict[str, Any] = {"columns": ["table", "rows", "columns"], "rows": rows, "row_count": len(rows)}
    notes = workspace.tables.notes()
    about = {"notes": notes, "remarks": remarks, "unreadable": unreadable}
    return listed | {name: found for name, found in about.items() if found}
