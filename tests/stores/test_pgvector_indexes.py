"""Which index a search could use, and the command that makes it."""

from __future__ import annotations

import pytest
from psycopg import sql

from qwen3_embed_integrations import ConfigError
from qwen3_embed_integrations.stores.pgvector_catalog import PgvectorIndex
from qwen3_embed_integrations.stores.pgvector_indexes import index_problems, index_statement
from qwen3_embed_integrations.stores.pgvector_sql import PgvectorColumns

COLUMNS = PgvectorColumns()
GOOD = PgvectorIndex("i", "hnsw", "vector_cosine_ops", "")


@pytest.mark.parametrize(
    ("dimension", "first", "said"),
    [
        (1024, None, '("embedding" vector_cosine_ops)'),
        (2560, None, '((("embedding"::halfvec(2560))) halfvec_cosine_ops)'),
        (1024, 256, '(((subvector("embedding", 1, 256)::vector(256))) vector_cosine_ops)'),
        (4096, "binary", '(((binary_quantize("embedding")::bit(4096))) bit_hamming_ops)'),
    ],
)
def test_the_statement_fits_the_dimension_and_the_stage(dimension: int, first: object, said: str) -> None:
    statement = index_statement(sql.Identifier("t"), COLUMNS, "vector", dimension, first).as_string(None)
    assert statement == f'CREATE INDEX ON "t" USING hnsw {said}'


def test_more_than_four_thousand_numbers_need_a_first_stage() -> None:
    with pytest.raises(ConfigError, match=r"at most 4,000 numbers, and these have 4,096.*first=1024"):
        index_statement(sql.Identifier("t"), COLUMNS, "vector", 4096, None)


@pytest.mark.parametrize(
    ("dimension", "vector", "indexes", "count", "said"),
    [
        (None, "vector", [], 5, "has no dimension"),
        (4096, "vector", [], 5, "4,096 numbers"),
        (2560, "vector", [], 5, "2,560 numbers"),
        (1024, "vector", [], 20_000, "no index over 20,000 records"),
        (1024, "vector", [PgvectorIndex("i", "hnsw", "vector_l2_ops", "")], 5, "vector_l2_ops"),
    ],
)
def test_a_problem_names_what_mends_it(
    dimension: int | None, vector: str, indexes: list[PgvectorIndex], count: int, said: str
) -> None:
    (problem,) = index_problems("t", COLUMNS, dimension, vector, indexes, count)
    assert said in problem.found
    assert "t" in problem.remedy


@pytest.mark.parametrize(("count", "indexes"), [(20_000, [GOOD]), (5, [])])
def test_what_is_right_or_small_is_no_problem(count: int, indexes: list[PgvectorIndex]) -> None:
    assert index_problems("t", COLUMNS, 1024, "vector", indexes, count) == []
