import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.tools.analysis.conftest import Folder, StoredFiles
from tools.analysis.catalogue import TOOLS, AnalysisTool
from tools.analysis.errors import AnalysisError
from tools.analysis.operations import OPERATIONS
from tools.analysis.workspace import Workspace

BY_NAME = {tool.name: tool for tool in TOOLS}
EFFECT = {"table": "nsw", "treatment": "treat", "outcome": "re78"}


def run(name: str, workspace: Workspace, **given: Any) -> dict[str, Any]:  # noqa: ANN401  arguments of any tool
    return BY_NAME[name].run(workspace, given)


def test_every_tool_has_a_function_and_every_function_a_tool() -> None:
    assert list(BY_NAME) == ["list_tables", *OPERATIONS]


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_tool_describes_itself_and_takes_an_object(tool: AnalysisTool) -> None:
    assert tool.description.endswith(".")
    assert tool.input_schema["type"] == "object"
    assert json.dumps(tool.input_schema)


def test_tables_are_listed_with_size_and_columns(workspace: Workspace) -> None:
    listed = run("list_tables", workspace)

    assert [row[:2] for row in listed["rows"]] == [["cps", 15_992], ["nsw", 445]]
    assert listed["rows"][1][2].startswith("data_id, treat, age")
    assert listed["notes"] == "# Data"


def test_a_file_that_is_no_table_does_not_hide_the_others(tmp_path: Path, stored: StoredFiles) -> None:
    (tmp_path / "bad.csv").write_bytes(b"")
    (tmp_path / "good.csv").write_bytes(b"x\n1\n")
    folder = Folder({path.stem: path for path in tmp_path.iterdir()})

    listed = run("list_tables", Workspace(folder, stored))

    assert listed["rows"] == [["good", 1, "x"]]
    assert "table bad cannot be read" in listed["unreadable"]["bad"]


@pytest.mark.parametrize(
    ("tool", "comparison", "estimate", "error"),
    [
        ("difference_in_means", "", 1_794.3, 670.8),
        ("regression_adjustment", "", 1_676.3, 676.7),
        ("difference_in_means", "cps", -8_497.5, 581.9),
        ("regression_adjustment", "cps", 699.1, 616.7),
        ("inverse_probability_weighting", "cps", 1_180.4, 644.8),
        ("doubly_robust", "cps", 1_273.6, 645.2),
    ],
)
def test_estimates_are_returned_and_stored(
    workspace: Workspace, stored: StoredFiles, tool: str, comparison: str, estimate: float, error: float
) -> None:
    answer = run(tool, workspace, **EFFECT, comparison=comparison)

    assert answer["estimate"] == pytest.approx(estimate, abs=0.1)
    assert answer["standard_error"] == pytest.approx(error, abs=0.1)
    body, content_type = stored.files[answer.pop("file")]
    assert json.loads(body) == answer
    assert content_type == "application/json"


def test_profile_and_balance_are_stored_too(workspace: Workspace, stored: StoredFiles) -> None:
    files = [
        run("profile_table", workspace, table="nsw")["file"],
        run("balance_table", workspace, **EFFECT)["file"],
        run("balance_table", workspace, **EFFECT, comparison="cps")["file"],
    ]

    assert files == [
        "results/profile_nsw.json",
        "results/balance_treat_re78_nsw.json",
        "results/balance_treat_re78_nsw_vs_cps.json",
    ]
    assert set(files) == set(stored.files)


def test_a_plot_is_stored_as_a_picture(workspace: Workspace, stored: StoredFiles) -> None:
    answer = run("plot_distribution", workspace, table="nsw", treatment="treat", column="re78")

    assert answer["file"] == "plots/re78_by_treat_nsw.png"
    assert stored.files[answer["file"]][0].startswith(b"\x89PNG")
    assert stored.files[answer["file"]][1] == "image/png"


def test_the_same_question_stores_one_result_and_another_question_another(
    workspace: Workspace, stored: StoredFiles
) -> None:
    for covariates in ([], ["age"], ["age", "educ"], ["educ", "age"]):
        run("regression_adjustment", workspace, **EFFECT, covariates=covariates)
    run("regression_adjustment", workspace, **EFFECT | {"outcome": "re75"})

    assert len(stored.files) == 4


def test_a_column_of_any_name_gives_a_file_of_a_plain_name(tmp_path: Path, stored: StoredFiles) -> None:
    rows = "".join(f"{index % 2},{index * index % 7},{index}\n" for index in range(20))
    (tmp_path / "t.csv").write_text(f"treated?,€ a year/man,€-a-year-man\n{rows}", encoding="utf-8")
    workspace = Workspace(Folder({"t": tmp_path / "t.csv"}), stored)

    for outcome in ("€ a year/man", "€-a-year-man"):
        run("difference_in_means", workspace, table="t", treatment="treated?", outcome=outcome)

    assert len(stored.files) == 2
    assert all(Path(name).name.replace("_", "").replace("-", "").replace(".", "").isascii() for name in stored.files)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"table": "men"}, "there is no table 'men'; the tables are cps, nsw"),
        ({"comparison": "men"}, "there is no table 'men'"),
        ({"treatment": "train"}, "table nsw has no column 'train'; its columns are data_id, treat"),
        ({"outcome": "data_id"}, "the column 'data_id' of nsw is not numeric"),
        ({"covariates": ["data_id"]}, "the column 'data_id' of nsw is not numeric"),
        ({"covariates": "age"}, "doubly_robust: covariates: input should be a valid list"),
    ],
)
def test_a_rejected_call_stores_nothing(
    workspace: Workspace, stored: StoredFiles, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(AnalysisError, match=message):
        run("doubly_robust", workspace, **EFFECT | given)

    assert not stored.files


def test_a_result_that_is_no_number_is_rejected_and_not_stored(tmp_path: Path, stored: StoredFiles) -> None:
    (tmp_path / "t.csv").write_text("t,y\n" + "1,1e308\n0,-1e308\n" * 5)
    workspace = Workspace(Folder({"t": tmp_path / "t.csv"}), stored)

    with np.errstate(all="ignore"), pytest.raises(AnalysisError, match="no finite result comes out"):
        run("profile_table", workspace, table="t")
    assert not stored.files


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_cancelled_run_computes_no_more(workspace: Workspace, stored: StoredFiles, tool: AnalysisTool) -> None:
    workspace.cancelled.set()
    given = {"column": "re78"} | EFFECT

    with pytest.raises(AnalysisError, match="stopped because the run was cancelled"):
        tool.run(workspace, {name: given[name] for name in tool.input_schema.get("required", [])})
    assert not stored.files


def test_the_catalogue_is_read_without_what_the_tools_compute_with() -> None:
    heavy = {"pandas", "statsmodels", "matplotlib"}
    script = f"import sys, tools.analysis.catalogue; print(sorted({heavy} & set(sys.modules)))"

    completed = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)  # noqa: S603

    assert completed.stdout.strip() == "[]"


def test_what_is_to_know_of_a_file_is_listed_with_the_tables(tmp_path: Path, stored: StoredFiles) -> None:
    (tmp_path / "t.csv").write_text("country;2024;2025\nDE;1;2\nFR;3\n")
    workspace = Workspace(Folder({"t": tmp_path / "t.csv"}), stored)

    listed = run("list_tables", workspace)

    assert listed["rows"] == [["t", 2, "country, 2024, 2025"]]
    assert listed["remarks"] == {
        "t": [
            "the years in the first line were taken as names of columns: 2024, 2025",
            "rows with fewer values than the header, filled with missing ones: 1 (lines 3)",
        ]
    }
