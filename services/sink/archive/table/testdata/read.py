"""Prints what DuckDB reads of a Parquet file: the types of its columns as a line of JSON, then a line of JSON for each row."""

import datetime
import json
import sys

import duckdb

db = duckdb.connect()
db.execute("SET TimeZone = 'UTC'")
query = "SELECT * FROM read_parquet(?)"
columns = [(name, kind) for name, kind, *_ in db.execute("DESCRIBE " + query, [sys.argv[1]]).fetchall()]
print(json.dumps(dict(columns)))


def plain(value):
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).isoformat(timespec="milliseconds")
    if isinstance(value, dict):
        return {name: plain(v) for name, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    return value


rows = db.execute(query, [sys.argv[1]])
while some := rows.fetchmany(1000):
    for row in some:
        print(json.dumps({name: plain(v) for name, v in zip((name for name, _ in columns), row)}))
