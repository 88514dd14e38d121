import json
import threading
from typing import Any

import pytest

from tools.sql.database import MAX_CELL_CHARS, SqlDatabase


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> SqlDatabase:
    path = tmp_path_factory.mktemp("data") / "men.csv"
    path.write_text("id,name\n1,Ada\n")
    return SqlDatabase.load({"men": path})


def value(database: SqlDatabase, expression: str) -> Any:  # noqa: ANN401  any JSON value
    """What the model reads as the value of an expression."""
    found = database.query(f"SELECT {expression} AS value FROM men", threading.Event())  # noqa: S608
    assert found.columns == ("value",)
    return json.loads(json.dumps(found.to_json(), allow_nan=False))["rows"][0][0]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("12345678901234567890.12::DECIMAL(38, 2)", "12345678901234567890.12"),
        ("-0.10::DECIMAL(38, 2)", -0.1),
        ("1.50::DECIMAL(4, 2)", 1.5),
        ("0.1234567890123456789::DECIMAL(38, 19)", "0.1234567890123456789"),
        ("sum(12345678901234567890.12::DECIMAL(38, 2))", "12345678901234567890.12"),
        ("9007199254740993::BIGINT", 9_007_199_254_740_993),
        ("170141183460469231731687303715884105727::HUGEINT", 170_141_183_460_469_231_731_687_303_715_884_105_727),
        ("'nan'::DOUBLE", "NaN"),
        ("'-infinity'::DOUBLE", "-Infinity"),
        ("NULL::DOUBLE", None),
        ("[1, NULL, 3]", [1, None, 3]),
        ("[[1.5], []]::DOUBLE[][]", [[1.5], []]),
        ("array_value(1, 2)", [1, 2]),
        ("{'a': 1, 'b c\"d': [DATE '2026-01-31']}", {"a": 1, 'b c"d': ["2026-01-31"]}),
        ("row(1, INTERVAL '1 day')", [1, "1 day"]),
        ("[{'a': 12345678901234567890.12::DECIMAL(38, 2)}]", [{"a": "12345678901234567890.12"}]),
        ("MAP {'k': 1.5::DOUBLE}", {"k": 1.5}),
        ("MAP {1: INTERVAL '1 month'}", {"1": "1 month"}),
        ("MAP {[1, 2]: NULL}", {"[1, 2]": None}),
        ("INTERVAL '1 month 2 days 3 hours'", "1 month 2 days 03:00:00"),
        ("INTERVAL '13 months'", "1 year 1 month"),
        ("TIMESTAMP '2026-01-31 10:00:00.5'", "2026-01-31 10:00:00.5"),
        ("TIMESTAMP_NS '2026-01-31 10:00:00.123456789'", "2026-01-31 10:00:00.123456789"),
        ("TIMESTAMPTZ '2026-01-31 10:00:00+02'", "2026-01-31 08:00:00+00"),
        ("[TIMESTAMPTZ '2026-01-31 10:00:00+02']", ["2026-01-31 08:00:00+00"]),
        ("'infinity'::TIMESTAMP", "infinity"),
        ("DATE '12026-01-31'", "12026-01-31"),
        ("TIME '24:00:00'", "24:00:00"),
        ("TIMETZ '10:00:00+02'", "10:00:00+02"),
        ("UUID '00000000-0000-0000-0000-000000000001'", "00000000-0000-0000-0000-000000000001"),
        (r"'\xAA\x00b'::BLOB", r"\xAA\x00b"),
        ("'x'::ENUM('x', 'y')", "x"),
        ("'101'::BIT", "101"),
        ("union_value(k := 3)", 3),
        ("union_value(k := INTERVAL '1 month')", "1 month"),
        ("'{\"a\": 1}'::JSON", '{"a": 1}'),
    ],
)
def test_a_value_is_exact_in_json(database: SqlDatabase, expression: str, expected: object) -> None:
    assert value(database, expression) == expected


@pytest.mark.parametrize("end", ["", ";", ";; ", "; -- the; last first", " /* ; */ ; -- é", " -- é;", "\n;\n--;\n"])
def test_columns_of_one_name_and_the_order_of_the_rows_stay(database: SqlDatabase, end: str) -> None:
    sql = "SELECT range AS a, 'é;' AS a, to_days(range::INTEGER) AS a FROM range(3) ORDER BY range DESC"

    found = database.query(sql + end, threading.Event())

    assert found.columns == ("a", "a", "a")
    assert found.rows == ((2, "é;", "2 days"), (1, "é;", "1 day"), (0, "é;", "00:00:00"))


def test_a_long_list_is_cut_as_text(database: SqlDatabase) -> None:
    found = database.query("SELECT range(5000)", threading.Event())

    assert found.truncated
    assert str(found.rows[0][0]).startswith("[0, 1, 2")
    assert len(str(found.rows[0][0])) == MAX_CELL_CHARS
