"""The SQL of PgvectorHandle: COPY into the table, and a search of one or two stages."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_jsonable_python

from qwen3_embed_integrations.core.store_hits import FirstStage
from qwen3_embed_integrations.core.types import FloatArray

from .handle import StoredRecords, short_dimension
from .pgvector_client import sql
from .pgvector_terms import terms_of

_LARGEST_EF = 1000  # pgvector takes no more
_EF_A_CANDIDATE = 4  # with as many as it returns, a graph misses some of those


@dataclass(frozen=True)
class PgvectorColumns:
    """Names of the columns; the defaults are those of LangChain's `PGVectorStore`.

    Attributes:
        id: Primary key, text or uuid.
        text: The documents.
        embedding: Of type vector or halfvec.
        metadata: JSON or JSONB; None if there is none.
    """

    id: str = "langchain_id"
    text: str = "content"
    embedding: str = "embedding"
    metadata: str | None = "langchain_metadata"

    def identifiers(self) -> tuple[sql.Identifier, sql.Identifier, sql.Identifier]:
        """Return id, text and embedding, quoted."""
        return sql.Identifier(self.id), sql.Identifier(self.text), sql.Identifier(self.embedding)

    def metadata_name(self) -> sql.Composable:
        """Return the metadata column, quoted; NULL if there is none."""
        return sql.SQL("NULL") if self.metadata is None else sql.Identifier(self.metadata)


KNOWN_COLUMNS = (
    PgvectorColumns(),
    PgvectorColumns("node_id", "text", "embedding", "metadata_"),
    PgvectorColumns("id", "content", "embedding", "meta"),
)
"""Those of LangChain, LlamaIndex and Haystack."""


def create_statement(table: sql.Composable, columns: PgvectorColumns, dimension: int, vector: str) -> sql.Composed:
    """Return CREATE TABLE with text ids."""
    metadata = sql.SQL("" if columns.metadata is None else ", {} JSON").format(columns.metadata_name())
    return sql.SQL("CREATE TABLE {} ({} TEXT PRIMARY KEY, {} TEXT NOT NULL, {} {}({}) NOT NULL{})").format(
        table, *columns.identifiers(), sql.SQL(vector), sql.Literal(dimension), metadata
    )


def copy_records(  # noqa: PLR0913 - where to, and what
    connection: Any,
    table: sql.Composable,
    columns: PgvectorColumns,
    records: StoredRecords,
    *,
    types: tuple[str, str],
    terms: str | None,
) -> None:
    """Copy the records into a temporary table and upsert them from there, all or none.

    Args:
        connection: Of psycopg.
        table: Its name.
        columns: Its columns.
        records: What to write.
        types: Of the ids and of the embeddings.
        terms: Name of the column of terms; None: there is none.
    """
    id_type, vector = types
    names = list(columns.identifiers())
    values = [sql.SQL(f"id::{id_type}"), sql.SQL("content"), sql.SQL(f"embedding::{vector}")]
    if columns.metadata is not None:
        names.append(sql.Identifier(columns.metadata))
        values.append(sql.SQL("metadata::json"))
    if terms is not None:
        names.append(sql.Identifier(terms))
        values.append(sql.SQL("terms::tsvector"))
    updates = sql.SQL(", ").join(sql.SQL("{0} = EXCLUDED.{0}").format(name) for name in names[1:])
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE qwen3_embed_copy "
            "(id text, content text, embedding vector, metadata text, terms text) "
            "ON COMMIT DROP"
        )
        with cursor.copy("COPY qwen3_embed_copy FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["text", "text", "vector", "text", "text"])
            for name, text, embedding, metadata in zip(
                records.ids, records.texts, records.embeddings, records.metadatas, strict=True
            ):
                plain = json.dumps(to_jsonable_python(dict(metadata)))
                copy.write_row((name, text, embedding, plain, None if terms is None else terms_of(text)))
        cursor.execute(
            sql.SQL("INSERT INTO {} ({}) SELECT {} FROM qwen3_embed_copy ON CONFLICT ({}) DO UPDATE SET {}").format(
                table, sql.SQL(", ").join(names), sql.SQL(", ").join(values), names[0], updates
            )
        )


def settings(n_wanted: int, *, is_filtered: bool) -> sql.Composed:
    """Return what a search sets: HNSW's default of 40 would end every list there."""
    ef_search = min(max(_EF_A_CANDIDATE * n_wanted, 40), _LARGEST_EF)
    effort = sql.SQL("SET LOCAL hnsw.ef_search = {}").format(sql.Literal(ef_search))
    if n_wanted <= _LARGEST_EF and not is_filtered:
        return sql.Composed([effort])
    return effort + sql.SQL("; SET LOCAL hnsw.iterative_scan = relaxed_order")


def first_distance(columns: PgvectorColumns, first: FirstStage, dimension: int, vector: str) -> sql.Composed:
    """Return the expression that an index of a first stage holds, without the query's side."""
    name = sql.Identifier(columns.embedding)
    if first == "binary":
        return sql.SQL("(binary_quantize({})::bit({}))").format(name, sql.Literal(dimension))
    size = sql.Literal(short_dimension(first, dimension, f"Column {columns.embedding!r}"))
    return sql.SQL("(subvector({}, 1, {})::{}({}))").format(name, size, sql.SQL(vector), size)


def search_statement(  # noqa: PLR0913 - the parts of one statement
    table: sql.Composable,
    columns: PgvectorColumns,
    embedding: FloatArray,
    dimension: int | None,
    vector: str,
    *,
    first: FirstStage,
    limit: int,
    k: int,
    where: sql.Composable | None,
) -> sql.Composed:
    """Return the statement of a search for the parameter `query`."""
    width = len(embedding) if dimension is None else dimension
    id_column, text, name = columns.identifiers()
    outer = sql.SQL("{} <=> %(query)s::{}").format(name, sql.SQL(vector))
    condition = sql.SQL("") if where is None else sql.SQL(" WHERE ") + where
    source: sql.Composable = table
    if first is not None:
        stored = first_distance(columns, first, width, vector)
        query = _first_query(first, width, vector)
        operator = sql.SQL(" <~> " if first == "binary" else " <=> ")
        source = sql.SQL("(SELECT * FROM {}{} ORDER BY {} LIMIT {}) AS first_stage").format(
            table, condition, stored + operator + query, sql.Literal(limit)
        )
        condition = sql.SQL("")
    elif vector == "vector" and width > 2000:  # noqa: PLR2004 - the index is over the column as halfvec
        cast = sql.SQL("{}::halfvec({})").format(name, sql.Literal(width))
        inner = sql.SQL("({}) <=> %(query)s::halfvec({})").format(cast, sql.Literal(width))
        source = sql.SQL("(SELECT * FROM {}{} ORDER BY {} LIMIT {}) AS first_stage").format(
            table, condition, inner, sql.Literal(k)
        )
        condition = sql.SQL("")
    return sql.SQL("SELECT {}, {}, {}, 1 - ({}) FROM {}{} ORDER BY {} LIMIT {}").format(
        id_column, text, columns.metadata_name(), outer, source, condition, outer, sql.Literal(k)
    )


def _first_query(first: FirstStage, dimension: int, vector: str) -> sql.Composed:
    whole = sql.SQL("%(query)s::{}").format(sql.SQL(vector))
    if first == "binary":
        return sql.SQL("binary_quantize({})::bit({})").format(whole, sql.Literal(dimension))
    size = sql.Literal(first)
    return sql.SQL("subvector({}, 1, {})::{}({})").format(whole, size, sql.SQL(vector), size)
