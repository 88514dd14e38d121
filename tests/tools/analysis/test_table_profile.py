import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tools.analysis.sample import NamedTable
from tools.analysis.table_profile import profile_table


def profiled(values: list[Any]) -> dict[str, Any]:
    """The only column's row, by name."""
    result = profile_table("t", pd.DataFrame({"c": values})).to_json()
    return dict(zip(result["columns"], result["rows"][0], strict=True))


def test_the_columns_of_the_experiment_are_described(nsw: NamedTable) -> None:
    result = profile_table(nsw.name, nsw.frame).to_json()
    rows = {row[0]: dict(zip(result["columns"], row, strict=True)) for row in result["rows"]}

    assert result["table_rows"] == 445
    assert rows["data_id"]["type"] == "text"
    assert rows["data_id"]["most_common"] == "Dehejia-Wahba Sample"
    assert rows["treat"]["type"] == "integer"
    assert rows["treat"]["mean"] == pytest.approx(185 / 445)
    assert (rows["re78"]["type"], rows["re78"]["median"]) == ("number", pytest.approx(3_701.812))


@pytest.mark.parametrize(
    ("values", "kind", "missing", "distinct"),
    [
        ([1, 2, 2, None], "integer", 1, 2),
        ([1.5, np.inf, np.nan, 2], "number", 2, 2),
        ([True, False, True], "truth value", 0, 2),
        (["a", None, "a"], "text", 1, 1),
        ([None, None], "text", 2, 0),
        ([np.nan, np.nan], "integer", 2, 0),
        ([pd.Timestamp(2026, 1, 31), pd.NaT], "time", 1, 1),
        ([[1, 2], [1, 2], {"a": 1}], "text", 0, 2),
    ],
)
def test_types_and_missing_values_are_reported(values: list[Any], kind: str, missing: int, distinct: int) -> None:
    result = profiled(values)

    assert (result["type"], result["missing"], result["distinct"]) == (kind, missing, distinct)
    json.dumps(result, allow_nan=False)


def test_a_distribution_has_its_quantiles() -> None:
    result = profiled([1, 2, 3, 4, 5])

    assert [result[name] for name in ("mean", "min", "p25", "median", "p75", "max")] == [3, 1, 2, 3, 4, 5]
    assert result["sd"] == pytest.approx(np.sqrt(2.5))
    assert result["most_common"] is None
