"""Effects on the treated by weighting the controls, alone and in combination with a regression.

Own estimators: those of statsmodels.treatment fail or take a minute on tables of this shape. Standard errors come from
influence functions, and include the uncertainty of the estimated propensities and regression.
"""

from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tools.analysis.errors import AnalysisError
from tools.analysis.estimate import CONFIDENCE, Estimate
from tools.analysis.overlap import measure_overlap
from tools.analysis.propensity import fit_propensity
from tools.analysis.sample import Sample, check_independent

_INFLUENCE: Final = "influence function"
_EFFECT_ON_TREATED: Final = "average effect on the treated, if the covariates decided who was treated"


def inverse_probability_weighting(sample: Sample) -> Estimate:
    """Mean outcome of the treated minus the mean of the controls weighted by the odds of treatment.
    Raises AnalysisError if the propensities cannot be estimated."""
    return _weighted("inverse probability weighting", sample, None)


def doubly_robust(sample: Sample) -> Estimate:
    """The same for the residuals of a regression among the controls. Raises AnalysisError if the regression or the
    propensities cannot be estimated."""
    z, controls = sample.design, ~sample.treated
    if np.linalg.matrix_rank(z[controls]) < z.shape[1]:
        raise AnalysisError(
            f"a covariate does not vary by itself among the controls of {sample.description}, so that no regression "
            "can be made there; name fewer covariates"
        )
    coefficients = np.linalg.lstsq(z[controls], sample.y[controls], rcond=None)[0]
    return _weighted("doubly robust", sample, np.asarray(coefficients, dtype=float))


def _weighted(method: str, sample: Sample, coefficients: NDArray[np.float64] | None) -> Estimate:
    """With `coefficients` of a regression among the controls, its residuals replace the outcome."""
    check_independent(sample)
    z = sample.design
    propensity = fit_propensity(sample)
    weights = np.where(sample.treated, 0.0, propensity / (1 - propensity))
    residuals = sample.y if coefficients is None else sample.y - z @ coefficients
    mean_treated = float(residuals[sample.treated].mean())
    mean_controls = float(weights @ residuals / weights.sum())
    influence = _influence_of_treated(sample, residuals - mean_treated)
    influence -= _influence_of_controls(sample, residuals - mean_controls, weights, propensity)
    if coefficients is not None:
        imbalance = z[sample.treated].mean(axis=0) - weights @ z / weights.sum()
        influence -= _influence_of_regression(sample, residuals) @ imbalance
    error = float(np.sqrt((influence**2).sum()) / len(influence))
    value = mean_treated - mean_controls
    margin = NormalDist().inv_cdf((1 + CONFIDENCE) / 2) * error
    return Estimate(
        method=method,
        estimand=_EFFECT_ON_TREATED,
        sample=sample,
        value=value,
        standard_error=error,
        interval=(value - margin, value + margin),
        standard_error_kind=_INFLUENCE,
        overlap=measure_overlap(sample.treated, propensity),
    )


def _influence_of_treated(sample: Sample, centred: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(sample.treated * centred / sample.treated.mean())


def _influence_of_controls(
    sample: Sample, centred: NDArray[np.float64], weights: NDArray[np.float64], propensity: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Influence on the weighted mean, including that of the estimated weights."""
    z, n = sample.design, len(weights)
    information = (z * (propensity * (1 - propensity))[:, None]).T @ z / n
    slope = (weights * centred) @ z / n
    scores = (sample.treated - propensity)[:, None] * z
    return np.asarray((weights * centred + scores @ np.linalg.solve(information, slope)) / weights.mean())


def _influence_of_regression(sample: Sample, residuals: NDArray[np.float64]) -> NDArray[np.float64]:
    """n by 1 + k: the influence on each coefficient."""
    z, controls = sample.design, ~sample.treated
    inner = z[controls].T @ z[controls] / len(z)
    return np.asarray(np.linalg.solve(inner, (z * (controls * residuals)[:, None]).T).T)
