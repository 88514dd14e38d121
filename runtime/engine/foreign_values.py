"""Values of data libraries as Python's own. The libraries are not imported here: who has a value of one has it."""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

_LIBRARIES: Final = frozenset({"numpy", "pandas", "polars", "pyarrow"})
_METHODS: Final = ("to_dicts", "to_pylist", "tolist", "item")
"""Those that return Python's own values, of tables first."""


def to_python(value: object) -> object:
    """Arrays and columns as lists, tables as lists of rows by column, labelled columns as dictionaries, missing values
    as None; any other value itself."""
    if type(value).__module__.partition(".")[0] not in _LIBRARIES:
        return value
    pandas = sys.modules.get("pandas")
    if pandas is not None and value is pandas.NA:
        return None
    if pandas is not None and isinstance(value, pandas.DataFrame | pandas.Series):
        return _pandas(pandas, value)
    if getattr(getattr(value, "dtype", None), "kind", "") in {"M", "m"}:
        return _times(value)
    for name in _METHODS:
        method: Callable[[], object] | None = getattr(value, name, None)
        if callable(method):
            converted = method()
            return str(value) if type(converted) is type(value) else converted
    return value


def _pandas(pandas: ModuleType, value: Any) -> object:  # noqa: ANN401  a DataFrame or Series
    is_numbered = isinstance(value.index, pandas.RangeIndex)
    if isinstance(value, pandas.DataFrame):
        named = value if is_numbered else value.reset_index()
        return [dict(zip(named.columns, row, strict=True)) for row in named.itertuples(index=False, name=None)]
    if is_numbered or not value.index.is_unique:
        return list(value)
    return dict(zip(value.index, value, strict=True))


def _times(value: Any) -> object:  # noqa: ANN401  numpy's times, or pandas' column of them
    # As numbers, which tolist would return, nanoseconds mean nothing to a reader.
    return list(value) if hasattr(value, "tz") else value.astype(str).tolist()
