"""The probability of treatment given the covariates, by logistic regression."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from statsmodels.discrete.discrete_model import Logit
from statsmodels.tools.sm_exceptions import PerfectSeparationError

from tools.analysis.errors import AnalysisError
from tools.analysis.sample import Sample

_MAX_STEPS: Final = 100
_RUNAWAY: Final = 50.0
"""In log odds a standard deviation: larger ones only come from data that no finite coefficient fits."""


def fit_propensity(sample: Sample) -> NDArray[np.float64]:
    """n probabilities, strictly between 0 and 1. Raises AnalysisError where the covariates tell treated and controls
    apart without doubt, so that no finite model fits."""
    model = Logit(sample.treated.astype(float), sample.design)
    model.raise_on_perfect_prediction = True
    try:
        with np.errstate(over="ignore"):
            fitted = model.fit(maxiter=_MAX_STEPS, disp=False, warn_convergence=False, skip_hessian=True)
            propensity: NDArray[np.float64] = np.asarray(fitted.predict())
    except (PerfectSeparationError, np.linalg.LinAlgError):
        raise _separated(sample) from None
    converged = fitted.mle_retvals["converged"] and np.abs(fitted.params).max() < _RUNAWAY
    if not converged or propensity.min() <= 0 or propensity.max() >= 1:
        raise _separated(sample)
    return propensity


def _separated(sample: Sample) -> AnalysisError:
    apart = [name for index, name in enumerate(sample.covariates) if _tells_apart(sample, index)]
    which = f"the covariate {apart[0]!r}" if apart else "some combination of the covariates"
    return AnalysisError(
        f"treated and controls of {sample.description} do not overlap: {which} tells them apart without doubt, so no "
        "propensity can be estimated; leave such covariates out or choose another comparison"
    )


def _tells_apart(sample: Sample, index: int) -> bool:
    ours, theirs = sample.x[sample.treated, index], sample.x[~sample.treated, index]
    return bool(ours.min() > theirs.max() or ours.max() < theirs.min())
