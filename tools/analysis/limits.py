"""What each tool of the catalogue needs: from this, the deployment chooses where it runs. Standard library only."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class ToolKind(StrEnum):
    """The state of a workflow that runs the tool."""

    QUERY = "query"
    EDA = "eda"
    CAUSAL_ANALYSIS = "causal_analysis"


@dataclass(frozen=True, slots=True)
class ToolLimits:
    """`seconds` is the longest time of one call on the largest tables that the tools take (256 MB, 500,000 rows),
    `memory_mb` what its process needs for them, `libraries_mb` the unpacked size of the libraries that it imports."""

    kind: ToolKind
    seconds: int
    memory_mb: int
    libraries_mb: int


_TABLES_MB: Final = 230
"""duckdb, pandas and numpy."""
_ANALYSIS_MB: Final = 450
"""These, statsmodels, scipy and matplotlib."""

TOOL_LIMITS: Final[Mapping[str, ToolLimits]] = {
    "list_tables": ToolLimits(ToolKind.QUERY, 120, 2_048, _TABLES_MB),
    "profile_table": ToolLimits(ToolKind.EDA, 300, 2_048, _ANALYSIS_MB),
    "balance_table": ToolLimits(ToolKind.EDA, 300, 2_048, _ANALYSIS_MB),
    "plot_distribution": ToolLimits(ToolKind.EDA, 300, 2_048, _ANALYSIS_MB),
    "difference_in_means": ToolLimits(ToolKind.CAUSAL_ANALYSIS, 600, 3_072, _ANALYSIS_MB),
    "regression_adjustment": ToolLimits(ToolKind.CAUSAL_ANALYSIS, 900, 3_072, _ANALYSIS_MB),
    "inverse_probability_weighting": ToolLimits(ToolKind.CAUSAL_ANALYSIS, 1_800, 3_072, _ANALYSIS_MB),
    "doubly_robust": ToolLimits(ToolKind.CAUSAL_ANALYSIS, 1_800, 3_072, _ANALYSIS_MB),
}
"""By the tool's name."""
