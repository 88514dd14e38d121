"""The tools by name, the same wherever they are called: in an agent's process, over MCP, in a container."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tools.analysis.arguments import (
    Arguments,
    DifferenceArguments,
    EstimateArguments,
    PlotArguments,
    TableArguments,
    parse_arguments,
)
from tools.analysis.limits import TOOL_LIMITS, ToolLimits
from tools.analysis.workspace import Workspace


@dataclass(frozen=True, slots=True)
class AnalysisTool:
    """One tool: the specification that a model reads, and its function."""

    name: str
    description: str
    arguments: type[Arguments]

    @property
    def input_schema(self) -> dict[str, Any]:
        """JSON schema of the arguments: an object."""
        return self.arguments.model_json_schema()

    @property
    def limits(self) -> ToolLimits:
        """Its longest time, its memory, and the kind of its work."""
        return TOOL_LIMITS[self.name]

    def run(self, workspace: Workspace, given: Mapping[str, Any]) -> dict[str, Any]:
        """The result in JSON values. Blocks. Stores its files in the workspace and names them in the result. Raises
        AnalysisError with a message for the caller."""
        arguments = parse_arguments(self.name, self.arguments, given)
        workspace.check()
        return _operation(self.name)(workspace, arguments)


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
"""All tools, in the order in which they are offered."""


def load() -> None:
    """Import pandas, statsmodels and matplotlib now, so that the first call does not wait for them."""
    _operations()


def _operation(name: str) -> Callable[[Workspace, Any], dict[str, Any]]:
    return _list_tables if name == "list_tables" else _operations()[name]


def _list_tables(workspace: Workspace, _arguments: Arguments) -> dict[str, Any]:
    try:
        from tools.analysis.listing import list_tables  # noqa: PLC0415  pandas and duckdb, which only a call needs
    except ModuleNotFoundError:  # noqa: TRY203  optional, as below
        raise

    return list_tables(workspace)


def _operations() -> Mapping[str, Callable[[Workspace, Any], dict[str, Any]]]:
    try:
        from tools.analysis.operations import OPERATIONS  # noqa: PLC0415  a second of imports, which only a call needs
    except ModuleNotFoundError:  # noqa: TRY203  optional: a function whose tools run elsewhere lacks the libraries
        raise

    return OPERATIONS
