"""What PostgreSQL's catalog says of a table of embeddings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class PgvectorIndex:
    """An index over the column or an expression of it.

    Attributes:
        name: Of the index.
        method: "hnsw" or "ivfflat".
        operator_class: Such as "vector_cosine_ops".
        definition: The statement that makes it.
    """

    name: str
    method: str
    operator_class: str
    definition: str

    def __str__(self) -> str:
        return f"{self.method} ({self.operator_class})"


def read_indexes(connection: Any, schema: str, table: str, column: str) -> list[PgvectorIndex]:
    """Return the vector indexes of a column, those over an expression of it included."""
    found = connection.execute(
        "SELECT c.relname, m.amname, o.opcname, pg_get_indexdef(i.indexrelid) FROM pg_index i "
        "JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam "
        "JOIN pg_opclass o ON o.oid = i.indclass[0] "
        "WHERE i.indrelid = to_regclass(%s) AND m.amname IN ('hnsw', 'ivfflat')",
        [f'"{schema}"."{table}"'],
    )
    return [PgvectorIndex(*one) for one in found.fetchall() if column in one[3]]


def read_column(connection: Any, schema: str, table: str, column: str) -> tuple[str, int] | None:
    """Return the type of a column and its modifier, which is the dimension of a vector; None if there is none."""
    found = connection.execute(
        "SELECT t.typname, a.atttypmod FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid "
        "WHERE a.attrelid = to_regclass(%s) AND a.attname = %s AND NOT a.attisdropped",
        [f'"{schema}"."{table}"', column],
    ).fetchone()
    return None if found is None else (str(found[0]), int(found[1]))


def read_comment(connection: Any, schema: str, table: str, column: str) -> str:
    """Return the comment on a column; "" if there is none."""
    found = connection.execute(
        "SELECT col_description(a.attrelid, a.attnum) FROM pg_attribute a "
        "WHERE a.attrelid = to_regclass(%s) AND a.attname = %s AND NOT a.attisdropped",
        [f'"{schema}"."{table}"', column],
    ).fetchone()
    return "" if found is None else found[0] or ""


def is_unique(connection: Any, schema: str, table: str, column: str) -> bool:
    """Return whether a primary key or unique index over this column alone keeps a value from being there twice."""
    found = connection.execute(
        "SELECT 1 FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] "
        "WHERE i.indrelid = to_regclass(%s) AND a.attname = %s AND i.indisunique AND i.indnkeyatts = 1 "
        "AND i.indpred IS NULL",
        [f'"{schema}"."{table}"', column],
    ).fetchone()
    return found is not None
