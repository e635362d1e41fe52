"""Looks for secrets wherever a home might keep one, in whatever dress."""

import base64
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import duckdb
import pyarrow.parquet as pq


def dressed(secret: str) -> set[bytes]:
    """The secret plain, URL-encoded, JSON-escaped, in hex, in base64 of either alphabet, and backwards."""
    raw = secret.encode()
    packed = base64.b64encode(raw), base64.urlsafe_b64encode(raw)
    texts = {secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1], raw.hex(), secret[::-1]}
    return {one.encode() for one in texts} | {one.rstrip(b"=") for one in packed}


def kept(home: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of a home, unpacked: bodies and headers of raw, tables of databases, and all bytes as they are."""
    for path in sorted(home.rglob("*")):
        if not path.is_file():
            continue
        yield str(path), path.read_bytes()
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            for name in table.column_names:
                for value in table.column(name).to_pylist():
                    yield f"{path} {name}", value if isinstance(value, bytes) else str(value).encode()
        if path.suffix == ".duckdb":
            with duckdb.connect(str(path), read_only=True) as con:
                names = con.execute("select schema_name, table_name from duckdb_tables()").fetchall()
                for schema, name in names:
                    yield f"{path} {name}", str(con.execute(f'from "{schema}"."{name}"').fetchall()).encode()


def found(secrets: Iterable[str], places: Iterable[tuple[str, bytes]]) -> list[str]:
    """Where a secret lies, in words."""
    forms = {form: secret for secret in secrets for form in dressed(secret)}
    return [f"{forms[form]} in {place}" for place, text in places for form in forms if form in text]
