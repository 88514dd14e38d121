"""Whether treated and controls were alike before the treatment."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.analysis.sample import Sample


@dataclass(frozen=True, slots=True)
class CovariateBalance:
    """One covariate; means in its own unit. `standardised_difference` is in standard deviations (root of the mean of
    the two variances), None where neither group varies."""

    covariate: str
    treated_mean: float
    controls_mean: float
    standardised_difference: float | None


@dataclass(frozen=True, slots=True)
class Balance:
    """All covariates of a sample."""

    sample: Sample
    rows: tuple[CovariateBalance, ...]

    def to_json(self) -> dict[str, Any]:
        """A table, its rows as lists, and the largest difference."""
        treated = int(self.sample.treated.sum())
        sizes = [abs(row.standardised_difference or 0.0) for row in self.rows]
        return {
            "kind": "balance",
            "sample": self.sample.description,
            "treated": treated,
            "controls": len(self.sample.y) - treated,
            "dropped_rows": self.sample.dropped_rows,
            "columns": ["covariate", "treated_mean", "controls_mean", "standardised_difference"],
            "rows": [
                [row.covariate, row.treated_mean, row.controls_mean, row.standardised_difference] for row in self.rows
            ],
            "largest_difference": max(sizes, default=0.0),
            "largest_difference_of": self.rows[int(np.argmax(sizes))].covariate if sizes else None,
            "notes": list(self.sample.notes),
        }


def compare_groups(sample: Sample) -> Balance:
    """The balance of the sample's covariates."""
    rows = [_compared(name, sample.x[:, index], sample.treated) for index, name in enumerate(sample.covariates)]
    return Balance(sample, tuple(rows))


def _compared(name: str, values: NDArray[np.float64], treated: NDArray[np.bool_]) -> CovariateBalance:
    treated_values, control_values = values[treated], values[~treated]
    spread = float(np.sqrt((treated_values.var(ddof=1) + control_values.var(ddof=1)) / 2))
    treated_mean, controls_mean = float(treated_values.mean()), float(control_values.mean())
    difference = float(treated_values.mean() - control_values.mean())
    return CovariateBalance(name, treated_mean, controls_mean, difference / spread if spread > 0 else None)
