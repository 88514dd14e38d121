"""The probability of treatment given the covariates, by logistic regression."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from statsmodels.discrete.discrete_model import Logit
from statsmodels.tools.sm_exceptions import PerfectSeparationError

from tools.analysis.errors import AnalysisError
from tools.analysis.sample import Sample

_MAX_STEPS: Final = 100
_MAX_COEFFICIENT: Final = 50.0
"""In log odds per standard deviation: a larger one means that no finite coefficient fits the data."""


def fit_propensity(sample: Sample) -> NDArray[np.float64]:
    """n probabilities, strictly between 0 and 1. Raises AnalysisError if the covariates separate treated and
    controls perfectly, so that no finite model fits."""
    model = Logit(sample.treated.astype(float), sample.design)
    model.raise_on_perfect_prediction = True
    try:
        with np.errstate(over="ignore"):
            fitted = model.fit(maxiter=_MAX_STEPS, disp=False, warn_convergence=False, skip_hessian=True)
            propensity: NDArray[np.float64] = np.asarray(fitted.predict())
    except (PerfectSeparationError, np.linalg.LinAlgError):
        raise _separation_error(sample) from None
    converged = fitted.mle_retvals["converged"] and np.abs(fitted.params).max() < _MAX_COEFFICIENT
    if not converged or propensity.min() <= 0 or propensity.max() >= 1:
        raise _separation_error(sample)
    return propensity


def _separation_error(sample: Sample) -> AnalysisError:
    separating = [name for index, name in enumerate(sample.covariates) if _separates(sample, index)]
    which = f"the covariate {separating[0]!r}" if separating else "some combination of the covariates"
    return AnalysisError(
        f"treated and controls of {sample.description} do not overlap: {which} tells them apart without doubt, so no "
        "propensity can be estimated; leave such covariates out or choose another comparison"
    )


def _separates(sample: Sample, index: int) -> bool:
    treated, controls = sample.x[sample.treated, index], sample.x[~sample.treated, index]
    return bool(treated.min() > controls.max() or treated.max() < controls.min())
