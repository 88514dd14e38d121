"""Plots as PNG files. Without pyplot, which never releases a figure by itself."""

import io
import threading
from typing import Final

import numpy as np
from matplotlib.figure import Figure

from tools.analysis.sample import Sample

_BINS: Final = 30
_DOTS_PER_INCH: Final = 120
_TREATED: Final = "#d1495b"
_CONTROLS: Final = "#30638e"
_SHOWN_QUANTILE: Final = 0.99
"""The plot ends at this quantile: a few very large values would leave no room for the others."""

_DRAW_LOCK: Final = threading.Lock()
"""matplotlib is not thread-safe."""


def plot_distribution(sample: Sample) -> bytes:
    """PNG of about 960 by 540 pixels: how the sample's outcome is distributed in each group, as shares of the group."""
    with _DRAW_LOCK:
        return _draw(sample)


def _draw(sample: Sample) -> bytes:
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot()
    low, high = float(sample.y.min()), float(np.quantile(sample.y, _SHOWN_QUANTILE))
    edges = np.linspace(low, high if high > low else float(sample.y.max()), _BINS + 1)
    for label, colour, member in (("treated", _TREATED, sample.treated), ("controls", _CONTROLS, ~sample.treated)):
        values = sample.y[member]
        shares = np.full(len(values), 1 / len(values))
        axes.hist(values, list(edges), weights=shares, color=colour, alpha=0.45, label=f"{label} ({len(values):,})")
        axes.axvline(float(values.mean()), color=colour, linestyle="--", label=f"mean {values.mean():,.2f}")
    axes.set_title(f"{sample.question.outcome} in {sample.description}", parse_math=False)
    axes.set_xlabel(f"{sample.question.outcome} (up to the {_SHOWN_QUANTILE:.0%} quantile)", parse_math=False)
    axes.set_ylabel("share of the group")
    figure.legend(loc="outside lower center", ncols=4)
    written = io.BytesIO()
    figure.savefig(
        written, format="png", dpi=_DOTS_PER_INCH, metadata={"Software": None}
    )  # the same picture gives the same bytes
    figure.clear()
    return written.getvalue()
