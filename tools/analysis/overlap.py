"""How far treated and controls resemble each other: what weighting rests on."""

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
    """Shares are of 1. `effective_controls`: how many controls of equal weight the weighted ones are worth."""

    controls: int
    effective_controls: float
    low_propensity_share: float
    """Of all rows, those with a propensity under 0.001."""
    largest_weight_share: float
    """Of the controls' total weight, what the heaviest one has."""
    treated_off_support_share: float
    """Of the treated, those with a propensity that no control reaches, or that all pass."""
    treated_propensity_median: float
    controls_propensity_median: float

    def to_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if name != "controls"}

    def warnings(self) -> tuple[str, ...]:
        """Sentences about what is poor, none where the groups overlap well."""
        return tuple(self._poor())

    def _poor(self) -> Iterator[str]:
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
    ours, theirs = propensity[treated], propensity[~treated]
    weights = theirs / (1 - theirs)
    outside = (ours > theirs.max()) | (ours < theirs.min())
    return Overlap(
        controls=len(theirs),
        effective_controls=float(weights.sum() ** 2 / (weights**2).sum()),
        low_propensity_share=float((propensity < LOW_PROPENSITY).mean()),
        largest_weight_share=float(weights.max() / weights.sum()),
        treated_off_support_share=float(outside.mean()),
        treated_propensity_median=float(np.median(ours)),
        controls_propensity_median=float(np.median(theirs)),
    )
