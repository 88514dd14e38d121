#!/bin/sh
# DuckDB 2.0.1: read_csv takes the types of a file from its first 20,480 rows. A later value that does not fit is not
# always an error: a decimal in a column of whole numbers is rounded, and a time of day is cut off in a column of dates.
# Only text that is no number fails. Valid input: 30,000 rows of 1 and 2026-01-01, then decimals and times.
# Seen: types BIGINT and DATE, sum 30005 (right: 30004.4), last day 2026-01-02 (right: 2026-01-02 13:45:30).
# With sample_size = -1 the types are DOUBLE and TIMESTAMP, and every value is right.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check duckdb==2.0.1
"$folder/venv/bin/python" - "$folder/t.csv" <<'PYTHON'
import sys

import duckdb

path = sys.argv[1]
with open(path, "w") as file:
    file.write("x,day\n" + "1,2026-01-01\n" * 30_000)
    file.write("1.5,2026-01-02\n2.5,2026-01-02\n0.4,2026-01-02 13:45:30\n")


def seen(options):
    sql = "SELECT typeof(any_value(x)), typeof(any_value(day)), round(sum(x), 1)::VARCHAR, max(day)::VARCHAR"
    return duckdb.execute(f"{sql} FROM read_csv(?{options})", [path]).fetchall()[0]


sampled, whole = seen(""), seen(", sample_size = -1")
print("DuckDB", duckdb.__version__)
print("types from 20,480 rows:", *sampled)
print("types from all rows:   ", *whole)
same = sampled[:2] == ("BIGINT", "DATE") and float(sampled[2]) == 30005 and sampled[3] == "2026-01-02"
same = same and whole == ("DOUBLE", "TIMESTAMP", "30004.4", "2026-01-02 13:45:30")
print("as described" if same else "changed")
sys.exit(not same)
PYTHON
