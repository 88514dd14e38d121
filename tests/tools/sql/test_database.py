import json
import threading
import time
from decimal import Decimal
from pathlib import Path

import pytest

from tools.sql.database import MAX_CELL_CHARS, MAX_RESULT_CHARS, MAX_ROWS, SqlDatabase
from tools.sql.result import SqlError

NEVER = threading.Event()
ENDLESS = "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r"


@pytest.fixture
def men(tmp_path: Path) -> Path:
    path = tmp_path / "men.csv"
    path.write_text("id,name,earned\n1,Ada,10.5\n2,Bob,\n")
    return path


@pytest.fixture
def database(men: Path) -> SqlDatabase:
    return SqlDatabase.load({"men": men})


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT name FROM men ORDER BY id LIMIT 1",
        "FROM men SELECT name ORDER BY id LIMIT 1;",
        "WITH first AS (SELECT * FROM men WHERE id = 1) SELECT name FROM first -- the first",
        "VALUES ('Ada')",
    ],
)
def test_what_only_reads_is_answered(database: SqlDatabase, sql: str) -> None:
    assert database.query(sql, NEVER).rows == (("Ada",),)


@pytest.mark.parametrize("sql", ["DESCRIBE men", "SUMMARIZE men", "SHOW TABLES", "EXPLAIN SELECT * FROM men"])
def test_tables_and_plans_can_be_looked_at(database: SqlDatabase, sql: str) -> None:
    assert database.query(sql, NEVER).rows


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("INSERT INTO men VALUES (3, 'Eve', 1)", "INSERT is not allowed"),
        ("UPDATE men SET earned = 0", "UPDATE is not allowed"),
        ("DELETE FROM men", "DELETE is not allowed"),
        ("DROP TABLE men", "DROP is not allowed"),
        ("CREATE TABLE more (id INTEGER)", "CREATE is not allowed"),
        ("CREATE TEMP TABLE more (id INTEGER)", "CREATE is not allowed"),
        ("SET memory_limit = '100GB'", "SET is not allowed"),
        ("PRAGMA enable_external_access", "is not allowed"),
        ("PRAGMA table_info('men')", "PRAGMA is not allowed"),
        ("ATTACH ':memory:' AS more", "ATTACH is not allowed"),
        ("INSTALL httpfs", "is not allowed"),
        ("LOAD httpfs", "LOAD is not allowed"),
        ("COPY men TO '{file}'", "COPY is not allowed"),
        ("EXPORT DATABASE '{file}'", "EXPORT is not allowed"),
        ("CALL pragma_version()", "CALL is not allowed"),
        ("SELECT 1; DROP TABLE men", "2 statements; send exactly one"),
        ("SELECT 1; SELECT 2", "2 statements; send exactly one"),
        ("", "0 statements; send exactly one"),
        ("-- nothing", "0 statements; send exactly one"),
        ("SELEC name FROM men", "syntax error"),
        ("SELECT nam FROM men", "name"),
        ("SELECT * FROM women", "women does not exist"),
        ("WITH more AS (INSERT INTO men VALUES (3, 'Eve', 1) RETURNING *) SELECT * FROM more", "read-only"),
        ("EXPLAIN ANALYZE INSERT INTO men VALUES (3, 'Eve', 1)", "read-only"),
        ("SELECT * FROM query('DROP TABLE men')", "SELECT"),
    ],
)
def test_what_is_not_reading_is_rejected_and_changes_nothing(
    database: SqlDatabase, tmp_path: Path, sql: str, message: str
) -> None:
    file = tmp_path / "out"

    with pytest.raises(SqlError, match=message):
        database.query(sql.replace("{file}", str(file)), NEVER)

    assert database.query("SELECT count(*) FROM men", NEVER).rows == ((2,),)
    assert not file.exists()


@pytest.mark.parametrize(
    "source",
    [
        "read_csv('{file}')",
        "read_text('{file}')",
        "read_blob('{file}')",
        "glob('{file}')",
        "sniff_csv('{file}')",
        "'{file}'",
        "read_csv('/etc/passwd')",
        "read_csv('http://127.0.0.1:1/data.csv')",
        "'https://127.0.0.1:1/data.csv'",
        "read_parquet('s3://bucket/data.parquet')",
    ],
)
def test_no_file_and_no_network_can_be_reached(database: SqlDatabase, men: Path, source: str) -> None:
    with pytest.raises(SqlError, match=r"disabled by configuration|does not exist|requires the extension"):
        database.query(f"SELECT * FROM {source.replace('{file}', str(men))}", NEVER)  # noqa: S608


@pytest.mark.parametrize("sql", [ENDLESS, "SELECT count(*) FROM range(100000000000) a, range(1000)"])
def test_a_query_that_takes_too_long_is_stopped(database: SqlDatabase, sql: str) -> None:
    began = time.monotonic()

    with pytest.raises(SqlError, match=r"stopped after 0\.2 s"):
        database.query(sql, NEVER, seconds=0.2)

    assert time.monotonic() - began < 10
    assert database.query("SELECT 1", NEVER).rows == ((1,),)


def test_cancelling_the_run_stops_its_query(database: SqlDatabase) -> None:
    cancelled = threading.Event()
    cancelled.set()

    with pytest.raises(SqlError, match="the run was cancelled"):
        database.query(ENDLESS, cancelled, seconds=60)


def test_a_query_over_the_memory_limit_is_reported(database: SqlDatabase) -> None:
    with pytest.raises(SqlError, match="needs more memory than"):
        database.query("SELECT list(range) FROM range(1000000000)", NEVER, seconds=60)


def test_a_result_of_many_rows_is_cut(database: SqlDatabase) -> None:
    found = database.query("SELECT * FROM range(100000000000)", NEVER)

    assert len(found.rows) == MAX_ROWS
    assert found.truncated


def test_a_result_of_exactly_the_limit_is_whole(database: SqlDatabase) -> None:
    found = database.query(f"SELECT * FROM range({MAX_ROWS})", NEVER)  # noqa: S608

    assert len(found.rows) == MAX_ROWS
    assert not found.truncated


def test_wide_results_are_cut_too(database: SqlDatabase) -> None:
    long = database.query("SELECT repeat('x', 5000)", NEVER)
    wide = database.query("SELECT repeat('x', 1900) FROM range(200)", NEVER)

    assert (len(long.rows[0][0]), long.truncated) == (MAX_CELL_CHARS, True)
    assert len(json.dumps(wide.to_json())) < MAX_RESULT_CHARS * 1.1
    assert wide.truncated


def test_a_row_that_is_wider_than_a_result_is_rejected(database: SqlDatabase) -> None:
    columns = ", ".join(f"repeat('x', 1900) AS c{number}" for number in range(60))

    with pytest.raises(SqlError, match="select fewer columns"):
        database.query(f"SELECT {columns}", NEVER)


def test_a_long_value_in_one_row_does_not_cut_off_the_others(database: SqlDatabase) -> None:
    found = database.query("SELECT repeat('x', 200000) FROM range(3)", NEVER)

    assert (len(found.rows), found.truncated) == (3, True)


def test_every_value_fits_into_json(database: SqlDatabase) -> None:
    sql = """SELECT 1.50::DECIMAL(4, 2) AS price, 'nan'::DOUBLE AS nothing, NULL AS missing, true AS yes,
    2::HUGEINT AS many, DATE '2026-01-31' AS day, [1, 2] AS list, {'a': 1} AS struct, 'é' AS text"""
    found = database.query(sql, NEVER)

    assert json.loads(json.dumps(found.to_json(), allow_nan=False)) == {
        "columns": ["price", "nothing", "missing", "yes", "many", "day", "list", "struct", "text"],
        "rows": [[1.5, "NaN", None, True, 2, "2026-01-31", [1, 2], {"a": 1}, "é"]],
        "row_count": 1,
        "truncated": False,
    }
    assert not isinstance(found.rows[0][0], Decimal)


def test_a_file_that_is_no_table_leaves_the_others_usable(men: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.csv"
    broken.write_bytes(b"\x00\xff\xfe" * 50)

    database = SqlDatabase.load({"broken": broken, "men": men})

    assert database.query("SELECT count(*) FROM men", NEVER).rows == ((2,),)
    assert list(database.unreadable) == ["broken"]


def test_queries_of_several_threads_do_not_stop_each_other(database: SqlDatabase) -> None:
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.append(database.query("SELECT count(*) FROM men", NEVER).rows[0][0]))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    with pytest.raises(SqlError, match="stopped"):
        database.query(ENDLESS, NEVER, seconds=0.2)
    for thread in threads:
        thread.join()

    assert found == [2] * 8
