import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.sql.child import MEMORY_BYTES
from tools.sql.process import SqlChild, SqlProcess
from tools.sql.result import SqlError

NEVER = threading.Event()
LINUX = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="looks into /proc, which only Linux has")
ENDLESS = "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r"
DEAF = "SELECT levenshtein(repeat('a', 200000), repeat('b', 200000))"
"""One function call of half a minute: DuckDB does not check for an interrupt in it."""

BOMBS = [
    "SELECT repeat('x', 1000000000)",
    "SELECT length(repeat('x', 1000000000))",
    "SELECT repeat('x', 100000000) FROM range(200)",
    "SELECT range(50000000)",
    "SELECT regexp_replace(repeat('a', 1000000), 'a', repeat('b', 10000), 'g')",
    "SELECT string_agg(repeat('x', 1000000), '') FROM range(2000)",
]


@pytest.fixture
def men(tmp_path: Path) -> Path:
    path = tmp_path / "men.csv"
    path.write_text("id,name,earned\n1,Ada,10.5\n2,Bob,\n")
    return path


@pytest.fixture
def database(men: Path) -> Iterator[SqlProcess]:
    made = SqlProcess({"men": men})
    yield made
    made.close()


def pid(database: SqlProcess) -> int:
    """The child's, which has its tables."""
    database.query("SELECT 1", NEVER)
    child = database._child  # noqa: SLF001  nothing else tells one child from the next
    assert child is not None
    return child._process.pid  # noqa: SLF001  as above


def peak_bytes(process: int) -> int:
    """The most memory that a process has had."""
    status = Path(f"/proc/{process}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:"))


def test_a_query_is_answered_with_values_as_json_has_them(database: SqlProcess) -> None:
    found = database.query("SELECT name, earned, id = 1 AS first FROM men ORDER BY id", NEVER)

    assert found.columns == ("name", "earned", "first")
    assert found.rows == (("Ada", 10.5, True), ("Bob", None, False))
    assert not found.truncated


def test_a_rejected_query_is_reported_and_the_child_serves_on(database: SqlProcess) -> None:
    before = pid(database)

    with pytest.raises(SqlError, match="DROP is not allowed"):
        database.query("DROP TABLE men", NEVER)

    assert pid(database) == before


@LINUX
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_query_that_takes_too_much_memory_is_reported_and_never_gets_it(men: Path, bomb: str) -> None:
    child = SqlChild()
    child.ask({"tables": {"men": str(men)}}, NEVER, 30)
    began = peak_bytes(child._process.pid)  # noqa: SLF001  it is measured from outside

    answer = child.ask({"sql": bomb, "seconds": 30}, NEVER, 30)

    assert "needs more memory" in answer["error"]
    assert peak_bytes(child._process.pid) - began <= MEMORY_BYTES  # noqa: SLF001  as above
    child.end()


def test_after_a_query_that_took_too_much_memory_the_next_one_has_all_of_it(database: SqlProcess) -> None:
    before = pid(database)

    with pytest.raises(SqlError, match="needs more memory"):
        database.query("SELECT list(range) FROM range(1000000000)", NEVER)

    assert pid(database) != before
    assert database.query("SELECT count(*) FROM men", NEVER).rows == ((2,),)


@pytest.mark.parametrize("sql", [ENDLESS, DEAF])
def test_a_query_that_takes_too_long_is_stopped(database: SqlProcess, sql: str) -> None:
    database.query("SELECT 1", NEVER)
    began = time.monotonic()

    with pytest.raises(SqlError, match=r"stopped after 0\.1 s"):
        database.query(sql, NEVER, seconds=0.1)

    assert time.monotonic() - began < 10
    assert database.query("SELECT count(*) FROM men", NEVER).rows == ((2,),)


def test_cancelling_the_run_stops_its_query_at_once(database: SqlProcess) -> None:
    database.query("SELECT 1", NEVER)
    cancelled = threading.Event()
    timer = threading.Timer(0.05, cancelled.set)
    timer.start()

    with pytest.raises(SqlError, match="the run was cancelled"):
        database.query(DEAF, cancelled, seconds=60)

    timer.join()
    assert database.query("SELECT 1", NEVER).rows == ((1,),)


def test_a_child_that_dies_is_followed_by_another(database: SqlProcess) -> None:
    os.kill(pid(database), 9)

    with pytest.raises(SqlError, match="needs more memory"):
        database.query("SELECT 1", NEVER)

    assert database.query("SELECT count(*) FROM men", NEVER).rows == ((2,),)


def test_queries_of_several_threads_take_turns(database: SqlProcess) -> None:
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.append(database.query("SELECT count(*) FROM men", NEVER).rows[0][0]))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [2] * 8


def test_a_file_that_is_no_table_is_reported(men: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.csv"
    broken.write_bytes(b"\x00\xff\xfe" * 50)
    database = SqlProcess({"broken": broken, "men": men})

    assert database.query("SELECT count(*) FROM men", NEVER).rows == ((2,),)
    assert list(database.unreadable) == ["broken"]
    database.close()


@LINUX
def test_the_child_has_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    child = SqlChild()

    environment = Path(f"/proc/{child._process.pid}/environ").read_bytes()  # noqa: SLF001  it is looked at from outside
    child.end()

    assert b"AWS_" not in environment


@LINUX
def test_the_child_ends_with_its_parent() -> None:
    script = """
import json, os, threading
from tools.sql.process import SqlChild
child = SqlChild()
child.ask({"tables": {}}, threading.Event(), 30)
child._send({"sql": "SELECT levenshtein(repeat('a', 200000), repeat('b', 200000))", "seconds": 60})
print(child._process.pid, flush=True)
os.kill(os.getpid(), 9)
"""
    parent = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)  # noqa: S603  our own
    child = int(json.loads(parent.stdout))

    limit = time.monotonic() + 10
    while Path(f"/proc/{child}").exists() and time.monotonic() < limit:
        threading.Event().wait(0.01)
    assert not Path(f"/proc/{child}").exists()


def test_a_worker_does_not_import_the_database() -> None:
    script = "import sys, agents.data_analyst; print('duckdb' in sys.modules)"

    found = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)  # noqa: S603  our own

    assert found.stdout.strip() == "False"


def test_the_child_imports_what_it_needs_and_no_more() -> None:
    heavy = {"boto3", "pandas", "runtime", "strands"}
    script = f"import sys, tools.sql.child; print(sorted({heavy} & set(sys.modules)))"

    found = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)  # noqa: S603  our own

    assert found.stdout.strip() == "[]"
