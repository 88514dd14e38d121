"""The function of each tool in the catalogue that analyses tables: it reads tables, computes, and stores the result."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from tools.analysis.arguments import (
    DifferenceArguments,
    EstimateArguments,
    PlotArguments,
    SampleArguments,
    TableArguments,
)
from tools.analysis.balance import compare_groups
from tools.analysis.errors import AnalysisError
from tools.analysis.estimate import Estimate
from tools.analysis.plots import plot_distribution
from tools.analysis.regression import difference_in_means, regression_adjustment
from tools.analysis.sample import NamedTable, Question, Sample, build_sample
from tools.analysis.table_profile import profile_table
from tools.analysis.tables import check_columns, read_table
from tools.analysis.weighting import doubly_robust, inverse_probability_weighting
from tools.analysis.workspace import Workspace

Operation = Callable[[Workspace, Any], dict[str, Any]]
"""Takes arguments of the type that the catalogue names for the tool."""

_NAME_PART_LENGTH: Final = 30


def _profile_table(workspace: Workspace, arguments: TableArguments) -> dict[str, Any]:
    table = _table(workspace, arguments.table)
    return _store(workspace, ("profile", table.name), profile_table(table.name, table.frame).to_json())


def _balance_table(workspace: Workspace, arguments: EstimateArguments) -> dict[str, Any]:
    sample = _sample(workspace, arguments, Question(arguments.treatment, arguments.outcome, arguments.covariates))
    return _store(workspace, _result_name("balance", sample), compare_groups(sample).to_json())


def _plot_distribution(workspace: Workspace, arguments: PlotArguments) -> dict[str, Any]:
    sample = _sample(workspace, arguments, Question(arguments.treatment, arguments.column))
    file = f"plots/{_name_part(arguments.column)}_by_{_name_part(arguments.treatment)}_{_name_part(sample.name)}.png"
    workspace.files.put(file, plot_distribution(sample), "image/png")
    treated, controls = sample.y[sample.treated], sample.y[~sample.treated]
    return {
        "kind": "plot",
        "file": file,
        "column": arguments.column,
        "sample": sample.description,
        "treated_mean": float(treated.mean()),
        "controls_mean": float(controls.mean()),
        "notes": list(sample.notes),
    }


def _difference_in_means(workspace: Workspace, arguments: DifferenceArguments) -> dict[str, Any]:
    sample = _sample(workspace, arguments, Question(arguments.treatment, arguments.outcome))
    return _store(workspace, _result_name("difference_in_means", sample), difference_in_means(sample).to_json())


def _with_covariates(name: str, estimate: Callable[[Sample], Estimate]) -> Operation:
    def operate(workspace: Workspace, arguments: EstimateArguments) -> dict[str, Any]:
        question = Question(arguments.treatment, arguments.outcome, arguments.covariates)
        sample = _sample(workspace, arguments, question)
        return _store(workspace, _result_name(name, sample), estimate(sample).to_json())

    return operate


OPERATIONS: Final[Mapping[str, Operation]] = {
    "profile_table": _profile_table,
    "balance_table": _balance_table,
    "plot_distribution": _plot_distribution,
    "difference_in_means": _difference_in_means,
    "regression_adjustment": _with_covariates("regression_adjustment", regression_adjustment),
    "inverse_probability_weighting": _with_covariates("inverse_probability_weighting", inverse_probability_weighting),
    "doubly_robust": _with_covariates("doubly_robust", doubly_robust),
}


def _table(workspace: Workspace, name: str) -> NamedTable:
    known = workspace.tables.names()
    if name not in known:
        raise AnalysisError(f"there is no table {name!r}; the tables are {', '.join(known) or 'none'}")
    return NamedTable(name, read_table(name, workspace.tables.path(name)))


def _sample(workspace: Workspace, arguments: SampleArguments, question: Question) -> Sample:
    table = _table(workspace, arguments.table)
    check_columns(table.name, table.frame, (question.treatment,))
    comparison = _table(workspace, arguments.comparison) if arguments.comparison else None
    sample = build_sample(table, comparison, question)
    workspace.check()
    return sample


def _result_name(method: str, sample: Sample) -> tuple[str, ...]:
    """The parts of a result's name: the same question gets the same name, another question another one."""
    question = sample.question
    covariates = (_digest(" ".join(sorted(question.covariates))),) if question.covariates else ()
    return (method, question.treatment, question.outcome, sample.name, *covariates)


def _store(workspace: Workspace, name: tuple[str, ...], result: dict[str, Any]) -> dict[str, Any]:
    """Stores the result and returns it with the name of its file."""
    workspace.check()
    file = f"results/{'_'.join(_name_part(part) for part in name)}.json"
    try:
        body = json.dumps(result, ensure_ascii=False, allow_nan=False, indent=1)
    except ValueError:
        raise AnalysisError("no finite result comes out; look for values out of all proportion in the table") from None
    workspace.files.put(file, body.encode(), "application/json")
    return {"file": file, **result}


def _name_part(name: str) -> str:
    """The name as a part of a file name; different names give different parts."""
    part = re.sub(r"[^A-Za-z0-9_-]", "-", name)[:_NAME_PART_LENGTH]
    return part if part == name else f"{part}-{_digest(name)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:6]
