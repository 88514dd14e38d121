import datetime
import json
from collections import UserDict, deque
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.engine.json_safe import MAX_VALUES, to_json_safe, to_text, to_valid_text
from runtime.engine.tools.results import returned, to_result

EXAMPLES = settings(deadline=None, derandomize=True, database=None)

VALID_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | VALID_TEXT
JSON = st.recursive(JSON_SCALARS, lambda inner: st.lists(inner) | st.dictionaries(VALID_TEXT, inner), max_leaves=20)

ANY_TEXT = st.text(st.characters(codec=None, categories=None))
HASHABLE = (
    JSON_SCALARS
    | ANY_TEXT
    | st.floats()
    | st.binary()
    | st.decimals(allow_nan=False)
    | st.fractions()
    | st.complex_numbers()
    | st.dates()
    | st.datetimes(timezones=st.just(datetime.UTC))
    | st.timedeltas()
    | st.uuids()
    | st.sampled_from([np.float32("nan"), np.int8(1), np.datetime64("NaT"), pd.NaT, pd.NA, object(), Ellipsis, int])
    | st.integers(min_value=4_000, max_value=50_000).map(lambda bits: 1 << bits)
)


class Hostile(dict[str, Any]):
    """A dictionary whose every method fails."""

    def __getattribute__(self, name: str) -> Any:  # noqa: ANN401  as object
        raise SystemExit(name)


def spread(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return (
        st.just(Decimal("sNaN"))
        | st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.lists(inner).map(deque)
        | st.lists(inner).map(iter)
        | st.sets(HASHABLE)
        | st.dictionaries(HASHABLE, inner)
        | st.dictionaries(HASHABLE, inner).map(MappingProxyType)
        | st.dictionaries(HASHABLE, inner).map(UserDict)
        | st.fixed_dictionaries({"status": inner | st.sampled_from(["success", "error"]), "content": inner})
        | st.dictionaries(st.sampled_from(["text", "json", "image", "document"]), inner)
        | st.lists(HASHABLE).map(lambda items: np.array([*items, None], dtype=object))
        | st.lists(HASHABLE).map(lambda items: pd.Series(items, dtype=object))
        # Inside a list, since Hypothesis looks at the values that it draws.
        | st.builds(lambda: [Hostile(status="success", content=[])])
    )


ANYTHING = st.recursive(HASHABLE, spread, max_leaves=15)


@EXAMPLES
@given(JSON)
def test_json_values_stay_as_they_are(value: object) -> None:
    assert to_json_safe(value) == value
    assert to_text(value) == (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


@EXAMPLES
@given(ANYTHING)
def test_any_value_becomes_json_that_every_reader_accepts(value: object) -> None:
    safe = to_json_safe(value)

    written = json.dumps(safe, ensure_ascii=False, allow_nan=False).encode()
    assert json.loads(written) == safe


@EXAMPLES
@given(ANYTHING)
def test_any_value_becomes_a_valid_result(value: object) -> None:
    for result in (returned(value, "call-1"), to_result(value, "call-1")):
        assert result["toolUseId"] == "call-1"
        assert result["status"] in {"success", "error"}
        assert result["content"]
        for block in result["content"]:
            ((kind, content),) = block.items()
            assert kind in {"text", "json"}
            assert isinstance(content, {"text": str, "json": dict}[kind])
            assert json.dumps(content, ensure_ascii=False, allow_nan=False).strip('" ').encode()


@EXAMPLES
@given(ANYTHING)
def test_a_valid_result_stays_as_it_is(value: object) -> None:
    once = returned(value, "call-1")

    assert to_result(once, "call-1") == once


@EXAMPLES
@given(ANY_TEXT)
def test_text_becomes_valid_and_keeps_its_valid_characters(text: str) -> None:
    valid = to_valid_text(text)

    valid.encode()
    assert [char for char in text if char.isascii()] == [char for char in valid if char.isascii()]


@pytest.mark.parametrize(
    ("value", "safe"),
    [
        (Fraction(1, 3), "1/3"),
        (datetime.time(7, 30), "07:30:00"),
        (datetime.timedelta(minutes=1), "0:01:00"),
        (PurePosixPath("/tmp/x"), "/tmp/x"),
        (Decimal("NaN"), None),
        (deque([1]), [1]),
        (range(2), [0, 1]),
        ({1: "a", None: "b", (1, 2): "c"}, {"1": "a", "null": "b", "[1, 2]": "c"}),
        (np.array(["2026-03-01"], dtype="datetime64[ns]"), ["2026-03-01T00:00:00.000000000"]),
        (pd.Series([1, 2], index=["a", "b"]), {"a": 1, "b": 2}),
        (pd.DataFrame({"a": [1]}, index=["x"]), [{"index": "x", "a": 1}]),
        (pd.DatetimeIndex(["2026-03-01"]), ["2026-03-01T00:00:00"]),
    ],
)
def test_common_values_are_written_as_a_reader_expects_them(value: object, safe: object) -> None:
    assert to_json_safe(value) == safe


def test_shared_parts_do_not_grow_without_end() -> None:
    doubled: list[object] = [1]
    for _ in range(60):
        doubled = [doubled, doubled]

    assert len(to_text(doubled)) < 10 * MAX_VALUES


def test_a_number_of_a_million_digits_is_about_that() -> None:
    assert to_json_safe(-(1 << 4_000_000)) == "about -10^1204119"


def test_nesting_is_cut_at_a_depth_that_encoders_stand() -> None:
    nested: object = "end"
    for _ in range(100_000):
        nested = [nested]

    assert to_text(nested).strip("[]") == '"…"'


def test_media_keep_their_bytes_and_get_none_that_are_missing() -> None:
    picture = {"image": {"format": "png", "source": {"bytes": bytearray(b"\x89PNG")}}}
    result = to_result({"status": "success", "content": [picture, {"image": {"format": "png"}}]}, "call-1")

    assert result["content"] == [
        {"image": {"format": "png", "source": {"bytes": b"\x89PNG"}}},
        {"text": '{"image": {"format": "png"}}'},
    ]
