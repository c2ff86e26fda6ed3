"""What the catalog says of a table that any client made."""

from __future__ import annotations

import psycopg

from qwen3_embed_integrations.stores.pgvector_catalog import read_column, read_comment, read_indexes


def test_columns_comments_and_indexes_are_read(postgres: str, name: str) -> None:
    with psycopg.connect(postgres) as connection:
        connection.execute(f'CREATE TABLE "{name}" (id text, v vector(8), loose vector)')
        connection.execute(f'CREATE INDEX "{name}_v" ON "{name}" USING hnsw (v vector_ip_ops)')
        connection.execute(f'CREATE INDEX ON "{name}" (id)')
        connection.execute(f"COMMENT ON COLUMN \"{name}\".v IS 'mine'")
        assert read_column(connection, "public", name, "v") == ("vector", 8)
        assert read_column(connection, "public", name, "loose") == ("vector", -1)
        assert read_column(connection, "public", name, "none") is None
        assert [read_comment(connection, "public", name, one) for one in ("v", "id", "none")] == ["mine", "", ""]
        (index,) = read_indexes(connection, "public", name, "v")
        assert (index.name, str(index)) == (f"{name}_v", "hnsw (vector_ip_ops)")
