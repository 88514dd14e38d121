"""Effects by least squares: the difference in means, and the difference adjusted for covariates."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from statsmodels.regression.linear_model import OLS

from tools.analysis.estimate import CONFIDENCE, Estimate
from tools.analysis.sample import Sample, check_independent

_ROBUST: Final = "HC1"
_AVERAGE_EFFECT: Final = "average effect, if chance or the covariates decided who was treated"


def difference_in_means(sample: Sample) -> Estimate:
    """Mean outcome of the treated minus that of the controls."""
    return _treatment_effect("difference in means", sample, np.ones((len(sample.y), 1)))


def regression_adjustment(sample: Sample) -> Estimate:
    """The coefficient of the treatment, linear in the covariates. Raises AnalysisError if they are collinear."""
    check_independent(sample)
    return _treatment_effect("regression adjustment", sample, sample.design)


def _treatment_effect(method: str, sample: Sample, design: NDArray[np.float64]) -> Estimate:
    fitted = OLS(sample.y, np.column_stack([design, sample.treated])).fit(cov_type=_ROBUST, use_t=True)
    low, high = fitted.conf_int(alpha=1 - CONFIDENCE)[-1]
    return Estimate(
        method=method,
        estimand=_AVERAGE_EFFECT,
        sample=sample,
        value=float(fitted.params[-1]),
        standard_error=float(fitted.bse[-1]),
        interval=(float(low), float(high)),
        standard_error_kind=_ROBUST,
    )
