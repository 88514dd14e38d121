"""An estimated effect, with the information needed to judge it."""

from dataclasses import dataclass
from typing import Any, Final

from tools.analysis.overlap import Overlap
from tools.analysis.sample import Sample

CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """In units of the outcome. `interval` is the 95 % confidence interval."""

    method: str
    estimand: str
    sample: Sample
    value: float
    standard_error: float
    interval: tuple[float, float]
    standard_error_kind: str
    overlap: Overlap | None = None

    def to_json(self) -> dict[str, Any]:
        """Flat except for lists, so that each value has one name."""
        treated = int(self.sample.treated.sum())
        return {
            "kind": "estimate",
            "method": self.method,
            "estimand": self.estimand,
            "sample": self.sample.description,
            "treatment": self.sample.question.treatment,
            "outcome": self.sample.question.outcome,
            "estimate": self.value,
            "standard_error": self.standard_error,
            "standard_error_kind": self.standard_error_kind,
            "ci_low": self.interval[0],
            "ci_high": self.interval[1],
            "treated": treated,
            "controls": len(self.sample.y) - treated,
            "dropped_rows": self.sample.dropped_rows,
            "covariates": list(self.sample.covariates),
            **(self.overlap.to_json() if self.overlap else {}),
            "notes": list(self.sample.notes),
            "warnings": list(self.overlap.warnings() if self.overlap else ()),
        }
