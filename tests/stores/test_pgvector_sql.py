"""The statements of a search, as text; test_pgvector.py runs them."""

from __future__ import annotations

import numpy as np
import pytest
from psycopg import sql

from qwen3_embed_integrations import ConfigError
from qwen3_embed_integrations.stores.pgvector_sql import PgvectorColumns, search_statement, settings

QUERY = np.zeros(64, dtype=np.float32)
TABLE = sql.Identifier("t")


def statement(columns: PgvectorColumns, **options: object) -> str:
    given = {"first": None, "limit": 100, "k": 10, "where": None, **options}
    return search_statement(TABLE, columns, QUERY, 64, "vector", **given).as_string(None)  # type: ignore[arg-type]


def test_a_condition_stands_in_the_first_stage() -> None:
    text = statement(PgvectorColumns(), first=16, where=sql.SQL("langchain_id = 'a'"))
    inner, _, outer = text.partition("AS first_stage")
    assert "WHERE langchain_id = 'a' ORDER BY (subvector" in inner
    assert "LIMIT 100" in inner
    assert outer == ' ORDER BY "embedding" <=> %(query)s::vector LIMIT 10'


def test_a_table_without_metadata_is_searched() -> None:
    assert statement(PgvectorColumns(metadata=None)).startswith('SELECT "langchain_id", "content", NULL, 1 - (')


def test_names_are_quoted() -> None:
    assert '"a""b"' in statement(PgvectorColumns(embedding='a"b'))


def test_a_first_stage_must_be_shorter() -> None:
    with pytest.raises(ConfigError, match="'embedding' has no first stage 64"):
        statement(PgvectorColumns(), first=64)


def test_long_or_filtered_lists_go_on_where_the_index_ends() -> None:
    assert settings(10, is_filtered=False).as_string(None) == "SET LOCAL hnsw.ef_search = 40"
    assert "iterative_scan" in settings(10, is_filtered=True).as_string(None)
    assert settings(5000, is_filtered=False).as_string(None).startswith("SET LOCAL hnsw.ef_search = 1000; SET")
