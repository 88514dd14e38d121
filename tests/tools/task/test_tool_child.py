"""The process of a tool: its answer, and what of its errors the model may read."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.tools.file_bucket import FileBucket
from tools.analysis import catalogue
from tools.analysis.workspace import Workspace
from tools.data_bucket.files import DataFiles
from tools.data_bucket.tables import BucketTables
from tools.task.tool_child import ReportedTables, answer_to


class Kept:
    """The files of a run."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def put(self, name: str, body: bytes, _content_type: str, /) -> None:
        self.files[name] = body


@pytest.fixture
def workspace(data_bucket: FileBucket) -> Workspace:
    client: Any = data_bucket
    files = DataFiles(client, "data", Path(tempfile.mkdtemp()))
    return Workspace(ReportedTables(BucketTables(files)), Kept())


def request(tool: str, **given: object) -> dict[str, Any]:
    return {"run_id": "run", "tool": tool, "input": given}


def test_the_answer_is_the_result_as_json_and_tables_are_reported(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = answer_to(request("list_tables"), workspace)

    assert answer["status"] == "success"
    tables = [row[0] for row in json.loads(answer["text"])["rows"]]
    assert capsys.readouterr().out.splitlines() == [f"reading the table {name}" for name in tables]


def test_an_analysis_error_is_an_answer_for_the_model(workspace: Workspace) -> None:
    answer = answer_to(request("profile_table", table="nothing"), workspace)

    assert answer["status"] == "error"
    assert answer["text"].startswith("Error: there is no table 'nothing'; the tables are ")


def test_other_errors_are_named_and_their_text_is_in_the_log_only(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> dict[str, Any]:
        raise KeyError("internal")

    monkeypatch.setattr(catalogue, "_list_tables", broken)

    assert answer_to(request("list_tables"), workspace) == {"failure": "KeyError"}
    assert "internal" in capsys.readouterr().out
