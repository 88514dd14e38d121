import json
from collections.abc import Callable
from typing import Any

import pytest

from runtime.process.run_files import RunFileError, RunFiles
from tools.report.tools import ReportError, ReportTools

ESTIMATE = {"kind": "estimate", "method": "difference in means", "sample": "nsw", "estimate": 1_794.34, "treated": 185}


@pytest.fixture
def tools(run_files: RunFiles) -> ReportTools:
    """Over a run that has stored an estimate, a balance table and a plot."""
    run_files.put("results/effect.json", json.dumps(ESTIMATE).encode(), "application/json")
    run_files.put("results/balance.json", b'{"kind": "balance", "rows": [["age", 25.8]]}', "application/json")
    run_files.put("plots/earnings.png", b"\x89PNG", "image/png")
    return ReportTools(run_files)


def answer(tool: Callable[..., object], *given: object) -> dict[str, Any]:
    """What a tool answers, read back."""
    found: dict[str, Any] = json.loads(str(tool(*given)))
    return found


def test_estimates_are_listed_as_a_table_and_the_rest_by_name(tools: ReportTools) -> None:
    listed = answer(tools.list_results)

    (row,) = (dict(zip(listed["columns"], values, strict=True)) for values in listed["rows"])
    assert (row["name"], row["estimate"], row["treated"]) == ("results/effect.json", 1_794.34, 185)
    assert row["standard_error"] is None
    assert listed["other_results"] == ["results/balance.json"]
    assert listed["plots"] == ["plots/earnings.png"]


def test_a_run_without_results_has_nothing_to_list(run_files: RunFiles) -> None:
    assert answer(ReportTools(run_files).list_results)["rows"] == []


def test_a_result_is_read_as_it_was_stored(tools: ReportTools) -> None:
    assert answer(tools.read_result, "results/effect.json") == ESTIMATE


@pytest.mark.parametrize("name", ["plots/earnings.png", "report.md", "results/../x"])
def test_what_is_no_result_is_not_read(tools: ReportTools, name: str) -> None:
    with pytest.raises(ReportError, match="is no result; take a name that list_results gives"):
        answer(tools.read_result, name)


def test_a_result_that_is_not_there_is_named_with_those_that_are(tools: ReportTools) -> None:
    with pytest.raises(RunFileError, match=r"no file results/none\.json.*results/effect\.json"):
        answer(tools.read_result, "results/none.json")


def test_a_report_is_stored_with_the_run(tools: ReportTools, run_files: RunFiles) -> None:
    text = "# Effect\n\n1,794 dollars. ![Earnings](plots/earnings.png)"

    written = answer(tools.write_report, text)

    assert run_files.get("report.md").decode() == text
    assert written == {"file": "report.md", "characters": len(text), "figures_in_no_result": []}


def test_numbers_that_were_not_computed_are_named_to_the_writer(tools: ReportTools) -> None:
    assert answer(tools.write_report, "It is 1,794, or 2,345.")["figures_in_no_result"] == ["2,345"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("![x](plots/none.png)", r"links to plots/none\.png, which this run does not have; it has plots/earnings\.png"),
        (" \n", "a report has between 1 and 200,000 characters; this has 2"),
        ("x" * 200_001, "this has 200,001"),
    ],
)
def test_a_report_that_is_not_valid_is_rejected_and_not_stored(
    tools: ReportTools, run_files: RunFiles, text: str, message: str
) -> None:
    with pytest.raises(ReportError, match=message):
        answer(tools.write_report, text)

    assert "report.md" not in run_files.list()


def test_a_bucket_that_cannot_be_reached_is_reported_without_its_message(
    tools: ReportTools, run_files: RunFiles, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise ConnectionError("bucket/secret")

    monkeypatch.setattr(run_files, "list", fail)

    with pytest.raises(ReportError, match=r"^the run's files cannot be reached now"):
        answer(tools.list_results)
    assert "bucket/secret" in capsys.readouterr().out
