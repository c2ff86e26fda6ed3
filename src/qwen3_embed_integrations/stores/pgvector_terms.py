"""Hybrid search in PostgreSQL with terms of every language: a tsvector column that this package fills."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from qwen3_embed_integrations.core.errors import ConfigError
from qwen3_embed_integrations.core.inputs import checked_text
from qwen3_embed_integrations.core.store_hits import StoreHit
from qwen3_embed_integrations.core.types import FloatArray
from qwen3_embed_integrations.hybrid import reciprocal_rank_fusion

from .pgvector_catalog import read_column
from .pgvector_client import sql
from .sparse import term_indices

if TYPE_CHECKING:
    from .pgvector import PgvectorHandle

TERMS = "qwen3_embed_terms"
"""Name of the column: a table that has it is written with terms."""


def find_terms(connection: Any, schema: str, table: str) -> str | None:
    """Return the name of the column of terms; None if a table has none."""
    return None if read_column(connection, schema, table, TERMS) is None else TERMS


def add_terms(handle: PgvectorHandle) -> None:
    """Add the column of terms and its index to a table, and fill it for the documents that are there."""
    column, name = sql.Identifier(TERMS), handle.name
    id_column, text, _ = handle.columns.identifiers()
    connection = handle.connection
    with connection.transaction():
        connection.execute(sql.SQL("ALTER TABLE {} ADD COLUMN {} tsvector").format(name, column))
        connection.execute(sql.SQL("CREATE INDEX ON {} USING gin ({})").format(name, column))
        update = sql.SQL("UPDATE {} SET {} = %s::tsvector WHERE {} = %s").format(name, column, id_column)
        with connection.cursor() as cursor:
            stored = connection.execute(sql.SQL("SELECT {}, {} FROM {}").format(id_column, text, name)).fetchall()
            cursor.executemany(update, [(terms_of(document or ""), one) for one, document in stored])


def terms_of(text: str) -> str:
    """Return the terms of a text as words of ASCII, which PostgreSQL takes as they are in every locale.

    It serves as LangChain's `fts_query`, too.
    """
    return " ".join(sorted({f"t{index:08x}" for index in term_indices(checked_text(text, "text"))}))


def hybrid_search(
    handle: PgvectorHandle, query: str, embedding: FloatArray, k: int = 10, *, n_candidates: int = 100
) -> list[StoreHit]:
    """Return the `k` documents that rank best by the embedding and by the terms, fused by reciprocal ranks.

    A document's terms count once each, by their rarity. `score` is the fused one, at most 2 / 61.

    Args:
        handle: Of a table that `add_terms` was called for.
        query: Its text.
        embedding: `[dimension]`, of the query.
        k: Documents to return.
        n_candidates: Documents that each side finds.

    Raises:
        ConfigError: The table has no column of terms.
    """
    connection = handle.connection
    if find_terms(connection, handle.schema, handle.table) is None:
        raise ConfigError(f"{handle.where} has no terms. Add them: stores.pgvector_terms.add_terms(handle).")
    dense = handle.search(embedding, n_candidates)
    by_terms = [str(one) for (one,) in _ranked_by_terms(handle, terms_of(query).split(), n_candidates)]
    best = reciprocal_rank_fusion([[hit.id for hit in dense], by_terms])[:k]
    known = _documents(handle, [one.id for one in best])
    return [StoreHit(one.id, one.score, known[one.id].text, known[one.id].metadata) for one in best]


def _ranked_by_terms(handle: PgvectorHandle, terms: Sequence[str], limit: int) -> list[Any]:
    if not terms:
        return []
    statement = sql.SQL(
        "WITH weights AS (SELECT term, ln(1 + (total - n + 0.5) / (n + 0.5)) AS weight FROM unnest(%(terms)s::text[]) "
        "AS term, LATERAL (SELECT count(*) AS n FROM {table} WHERE {column} @@ term::tsquery) AS holding, "
        "(SELECT count(*) AS total FROM {table}) AS whole) SELECT {id} FROM weights JOIN {table} "
        "ON {column} @@ term::tsquery GROUP BY {id} ORDER BY sum(weight) DESC, {id} LIMIT {limit}"
    ).format(
        table=handle.name,
        column=sql.Identifier(TERMS),
        id=sql.Identifier(handle.columns.id),
        limit=sql.Literal(limit),
    )
    found: list[Any] = handle.connection.execute(statement, {"terms": list(terms)}).fetchall()
    return found


def _documents(handle: PgvectorHandle, ids: Sequence[str]) -> dict[str, StoreHit]:
    id_column, text, _ = handle.columns.identifiers()
    statement = sql.SQL("SELECT {}::text, {}, {} FROM {} WHERE {}::text = ANY(%s)").format(
        id_column, text, handle.columns.metadata_name(), handle.name, id_column
    )
    found = handle.connection.execute(statement, [list(ids)])
    return {one: StoreHit(one, 0.0, document, metadata or {}) for one, document, metadata in found.fetchall()}
