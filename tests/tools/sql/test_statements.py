import duckdb
import pytest

from tools.sql.result import SqlError
from tools.sql.statements import check_read_only


@pytest.mark.parametrize(
    "sql",
    ["PIVOT men ON name USING sum(id)", "SELECT * FROM (PIVOT men ON name USING count(*))", "PIVOT_WIDER men ON name"],
)
def test_a_pivot_without_values_is_rejected_with_how_to_write_it(sql: str) -> None:
    with pytest.raises(SqlError, match=r"PIVOT sales ON year IN \(2023, 2024\) USING sum.*SELECT DISTINCT"):
        check_read_only(sql)


def test_a_pivot_with_values_runs() -> None:
    assert check_read_only("PIVOT men ON name IN ('Ada') USING sum(id)") is duckdb.StatementType.SELECT


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT 1; SELECT 2", "holds 2 statements; send exactly one SELECT. Run several one after the other"),
        ("SET threads = 1", r"send a SELECT \(no setting, variable or schema can be changed"),
        ("SET VARIABLE a = 1", "write values into the query"),
        ("USE memory", "no setting, variable or schema can be changed"),
        ("PRAGMA table_info('men')", "send a SELECT .DESCRIBE and SUMMARIZE before the name of a table"),
        ("CALL pragma_version()", "send a SELECT .FROM before a table function"),
        ("COPY men TO 'x.csv'", "send a SELECT .its rows are the result: no file can be written or read"),
        ("EXPORT DATABASE 'x'", "no file can be written or read"),
        ("ATTACH 'x.db'", "send a SELECT .there is one database, with the tables that list_tables names"),
        ("DETACH x", "there is one database"),
        ("LOAD httpfs", "no extension can be loaded"),
        ("CREATE TABLE x AS SELECT 1", "WITH name AS .SELECT …. SELECT … has an intermediate table"),
        ("CREATE MACRO a() AS 1", "WITH name AS"),
        ("PREPARE a AS SELECT 1", "write the values into the query"),
        ("BEGIN", "every query is a transaction of its own"),
        ("INSERT INTO men VALUES (1)", "^INSERT is not allowed, the data can only be read; send a SELECT$"),
        ("MERGE INTO men USING x ON true WHEN MATCHED THEN DELETE", "the data can only be read; send a SELECT$"),
    ],
)
def test_what_does_not_read_is_rejected_with_what_is_permitted(sql: str, message: str) -> None:
    with pytest.raises(SqlError, match=message):
        check_read_only(sql)
