"""The process of a tool: it writes the answer to a request to a descriptor, and lines on standard output are the call's
progress. `python -m tools.task.tool_child FD` reads the request from standard input.

The request is `{"run_id", "tool", "input"}`. The answer is `{"status": "success"|"error", "text"}`, or `{"failure"}`
with the name of an error that the tool did not expect; then the exit code is not 0.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from runtime.environment import ToolsEnvironment
from runtime.process.aws_clients import minimal_client
from runtime.process.logs import capture_libraries, log, run_lines
from runtime.process.run_files import RunFileError, RunFiles
from tools.analysis.catalogue import TOOLS
from tools.analysis.errors import AnalysisError
from tools.analysis.workspace import TableSource, Workspace
from tools.data_bucket.files import DataFiles
from tools.data_bucket.tables import BucketTables


class ReportedTables:
    """The tables of a run, with a line for each that is read."""

    def __init__(self, tables: TableSource) -> None:
        self._tables = tables

    def names(self) -> Sequence[str]:
        return self._tables.names()

    def path(self, name: str) -> Path:
        print(f"reading the table {name}", flush=True)  # noqa: T201  progress
        return self._tables.path(name)

    def notes(self) -> str:
        return self._tables.notes()


def answer_to(request: Mapping[str, Any], workspace: Workspace) -> dict[str, str]:
    """Runs the tool. Errors that are no AnalysisError become a failure: their text goes to the log only."""
    tool = next(tool for tool in TOOLS if tool.name == request["tool"])
    try:
        result = tool.run(workspace, request["input"])
    except (AnalysisError, RunFileError) as error:
        return {"status": "error", "text": f"Error: {error}"}
    except Exception as error:
        log("analysis.tool_failed", level="ERROR", tool=tool.name, exc_info=True)
        return {"failure": type(error).__name__}
    return {"status": "success", "text": json.dumps(result, ensure_ascii=False)}


def serve(request: Mapping[str, Any], descriptor: int) -> int:
    """Returns the exit code."""
    environment = ToolsEnvironment.read()
    capture_libraries()
    s3 = minimal_client("s3", attempts=3, read_timeout=30)
    tables = ReportedTables(BucketTables(DataFiles(s3, environment.data_bucket)))
    with run_lines(request["run_id"]):
        workspace = Workspace(tables, RunFiles(environment.payload_bucket, s3, request["run_id"]))
        answer = answer_to(request, workspace)
    with os.fdopen(descriptor, "w") as pipe:
        json.dump(answer, pipe)
    return 1 if "failure" in answer else 0


def main() -> int:
    """Returns the exit code."""
    return serve(json.load(sys.stdin), int(sys.argv[1]))


if __name__ == "__main__":
    sys.exit(main())
