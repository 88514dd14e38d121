"""The tools by name, the same for every door: in an agent's process, behind MCP, in a container."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tools.analysis.arguments import (
    Arguments,
    DifferenceArguments,
    EstimateArguments,
    PlotArguments,
    TableArguments,
    checked,
)
from tools.analysis.workspace import Workspace


@dataclass(frozen=True, slots=True)
class AnalysisTool:
    """One tool: what a model reads of it, and the function behind it."""

    name: str
    description: str
    arguments: type[Arguments]

    @property
    def input_schema(self) -> dict[str, Any]:
        """JSON schema of the arguments: an object."""
        return self.arguments.model_json_schema()

    def run(self, workspace: Workspace, given: Mapping[str, Any]) -> dict[str, Any]:
        """The result as JSON can hold it; blocks. Files that it makes are in the workspace afterwards, their names in
        the result. Raises AnalysisError with a sentence for whoever called the tool."""
        arguments = checked(self.name, self.arguments, given)
        workspace.check()
        return _operations()[self.name](workspace, arguments)


TOOLS: Final = (
    AnalysisTool(
        "list_tables",
        "List the tables of the data set with their number of rows and their columns, and notes about the data.",
        Arguments,
    ),
    AnalysisTool(
        "profile_table",
        "Describe every column of a table: type, missing values, distinct values, and for numbers mean, standard "
        "deviation and quantiles.",
        TableArguments,
    ),
    AnalysisTool(
        "balance_table",
        "Compare treated and controls in what was there before the treatment: means, and standardised mean "
        "differences (over 0.1 is worth a look, over 0.25 is large). The table is kept as a result.",
        EstimateArguments,
    ),
    AnalysisTool(
        "plot_distribution",
        "Draw the distribution of a column for treated and controls; the plot is kept as a PNG file.",
        PlotArguments,
    ),
    AnalysisTool(
        "difference_in_means",
        "Estimate the effect as the difference in mean outcome between treated and controls, with a robust standard "
        "error. An effect only where chance decided who was treated. The estimate is kept as a result.",
        DifferenceArguments,
    ),
    AnalysisTool(
        "regression_adjustment",
        "Estimate the effect by least squares of the outcome on treatment and covariates, with a robust standard "
        "error. The estimate is kept as a result.",
        EstimateArguments,
    ),
    AnalysisTool(
        "inverse_probability_weighting",
        "Estimate the effect on the treated by weighting the controls until they resemble the treated, and say how "
        "far the groups overlap. The estimate is kept as a result.",
        EstimateArguments,
    ),
    AnalysisTool(
        "doubly_robust",
        "Estimate the effect on the treated by weighting and regression together, right if either of the two is, and "
        "say how far the groups overlap. The estimate is kept as a result.",
        EstimateArguments,
    ),
)
"""Every tool there is, in the order in which they are offered."""


def load() -> None:
    """Import now what the first call would wait for: pandas, statsmodels and matplotlib."""
    _operations()


def _operations() -> Mapping[str, Callable[[Workspace, Any], dict[str, Any]]]:
    from tools.analysis.operations import OPERATIONS  # noqa: PLC0415  a second of imports, paid by who computes

    return OPERATIONS
