"""How far treated and controls overlap, which weighting depends on."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

LOW_PROPENSITY: Final = 0.001

_POOR_EFFECTIVE_SHARE: Final = 0.1
_POOR_LOW_SHARE: Final = 0.25
_POOR_OFF_SUPPORT: Final = 0.05
_HEAVY_WEIGHT: Final = 0.05


@dataclass(frozen=True, slots=True)
class Overlap:
    """Shares are between 0 and 1. `effective_controls` is Kish's effective sample size of the weighted controls."""

    controls: int
    effective_controls: float
    low_propensity_share: float
    """Share of all rows that have a propensity under 0.001."""
    largest_weight_share: float
    """Share of the controls' total weight that the heaviest control has."""
    treated_off_support_share: float
    """Share of the treated whose propensity is outside the range of the controls'."""
    treated_propensity_median: float
    controls_propensity_median: float

    def to_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if name != "controls"}

    def warnings(self) -> tuple[str, ...]:
        """Messages about poor overlap; none if the groups overlap well."""
        return tuple(self._warnings())

    def _warnings(self) -> Iterator[str]:
        if self.effective_controls < _POOR_EFFECTIVE_SHARE * self.controls:
            yield (
                f"poor overlap: once weighted, the {self.controls:,} controls are worth "
                f"{self.effective_controls:,.0f} of equal weight"
            )
        if self.low_propensity_share > _POOR_LOW_SHARE:
            yield (
                f"{self.low_propensity_share:.0%} of the rows have a propensity under {LOW_PROPENSITY}: "
                "hardly any of them resemble the treated"
            )
        if self.treated_off_support_share > _POOR_OFF_SUPPORT:
            yield f"{self.treated_off_support_share:.0%} of the treated have no control of a similar propensity"
        if self.largest_weight_share > _HEAVY_WEIGHT:
            yield f"a single control carries {self.largest_weight_share:.0%} of the weight"


def measure_overlap(treated: NDArray[np.bool_], propensity: NDArray[np.float64]) -> Overlap:
    """Overlap of n rows, given each row's probability of treatment (strictly between 0 and 1)."""
    of_treated, of_controls = propensity[treated], propensity[~treated]
    weights = of_controls / (1 - of_controls)
    outside = (of_treated > of_controls.max()) | (of_treated < of_controls.min())
    return Overlap(
        controls=len(of_controls),
        effective_controls=float(weights.sum() ** 2 / (weights**2).sum()),
        low_propensity_share=float((propensity < LOW_PROPENSITY).mean()),
        largest_weight_share=float(weights.max() / weights.sum()),
        treated_off_support_share=float(outside.mean()),
        treated_propensity_median=float(np.median(of_treated)),
        controls_propensity_median=float(np.median(of_controls)),
    )
