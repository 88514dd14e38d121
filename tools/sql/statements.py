"""Which statements may run, and what to write in place of the others."""

from typing import Final

import duckdb

from tools.sql.result import SqlError

_READ_ONLY: Final = frozenset({duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN})
_PIVOT: Final = (
    "PIVOT has to list the values that become columns: PIVOT sales ON year IN (2023, 2024) USING sum(amount). "
    "Get them by SELECT DISTINCT year FROM sales first, or group by the column instead"
)
_ALTERNATIVES: Final = {
    "SET": "no setting, variable or schema can be changed: write values into the query",
    "PRAGMA": "DESCRIBE and SUMMARIZE before the name of a table tell its columns",
    "CALL": "FROM before a table function has its rows",
    "COPY": "its rows are the result: no file can be written or read",
    "EXPORT": "its rows are the result: no file can be written or read",
    "ATTACH": "there is one database, with the tables that list_tables names",
    "DETACH": "there is one database, with the tables that list_tables names",
    "LOAD": "no extension can be loaded",
    "CREATE": "WITH name AS (SELECT …) SELECT … has an intermediate table",
    "PREPARE": "write the values into the query",
    "EXECUTE": "write the values into the query",
    "TRANSACTION": "every query is a transaction of its own",
}
"""What to do in place of a statement, by the name of its kind."""


def check_read_only(sql: str) -> duckdb.StatementType:
    """The kind of the one statement, which reads. Raises SqlError with what is permitted instead."""
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise SqlError(str(error).strip()) from None
    if len(statements) != 1:
        raise SqlError(
            f"the query holds {len(statements)} statements; send exactly one SELECT. "
            "Run several one after the other, or combine them by WITH or UNION ALL"
        )
    kind = statements[0].type
    if kind.name == "MULTI":  # DuckDB turns a PIVOT without values into several statements, of which some write
        raise SqlError(_PIVOT)
    if kind not in _READ_ONLY:
        instead = f" ({_ALTERNATIVES[kind.name]})" if kind.name in _ALTERNATIVES else ""
        raise SqlError(f"{kind.name} is not allowed, the data can only be read; send a SELECT{instead}")
    return kind


def without_end(sql: str) -> str:
    """One statement without the semicolons at its end, after which it cannot become a part of another one."""
    statement = sql.encode()
    for offset, kind in reversed(duckdb.tokenize(sql)):  # offsets in bytes
        if statement[offset : offset + 1] == b";":
            statement = statement[:offset]
        elif kind != duckdb.token_type.comment:
            break
    return statement.decode()
