"""The indexes of a pgvector column: which there are, which one a search could use, and what mends the rest."""

from __future__ import annotations

from qwen3_embed_integrations.core.errors import ConfigError
from qwen3_embed_integrations.core.store_hits import FirstStage

from .handle import Problem
from .pgvector_catalog import PgvectorIndex
from .pgvector_client import sql
from .pgvector_sql import PgvectorColumns, first_distance

METRICS = {
    f"{kind}_{name}_ops": metric
    for kind in ("vector", "halfvec")
    for name, metric in (("cosine", "cosine"), ("ip", "ip"), ("l2", "l2"), ("l1", "l1"))
}
"""Operator class → metric."""

_LIMITS = {"vector": 2000, "halfvec": 4000}  # numbers that HNSW of pgvector 0.8 indexes
_MANY = 10_000  # records above which a scan of the table is worth a word


def index_statement(
    table: sql.Composable, columns: PgvectorColumns, vector: str, dimension: int, first: FirstStage
) -> sql.Composed:
    """Return CREATE INDEX for a search with this first stage.

    Raises:
        ConfigError: pgvector indexes no vector of so many numbers.
    """
    name = sql.Identifier(columns.embedding)
    if first is not None:
        expression: sql.Composable = sql.SQL("({})").format(first_distance(columns, first, dimension, vector))
        operators = "bit_hamming_ops" if first == "binary" else f"{vector}_cosine_ops"
    elif dimension <= _LIMITS[vector]:
        expression, operators = name, f"{vector}_cosine_ops"
    elif dimension <= _LIMITS["halfvec"]:
        expression = sql.SQL("(({}::halfvec({})))").format(name, sql.Literal(dimension))
        operators = "halfvec_cosine_ops"
    else:
        raise ConfigError(
            f"pgvector indexes at most {_LIMITS['halfvec']:,} numbers, and these have {dimension:,}. "
            f"Use a smaller dimension, or create_index(first=1024)."
        )
    return sql.SQL("CREATE INDEX ON {} USING hnsw ({} {})").format(table, expression, sql.SQL(operators))


def index_problems(  # noqa: PLR0913, PLR0917 - what is known of a column
    table: str,
    columns: PgvectorColumns,
    dimension: int | None,
    vector: str,
    indexes: list[PgvectorIndex],
    n_documents: int,
) -> list[Problem]:
    """Return what keeps a search by cosine from using an index."""
    if dimension is None:
        return [Problem("the column has no dimension, so no index can be made", f"{_alter(table, columns, 'N')}")]
    found = [
        Problem(
            f"index {index.name} is {index.operator_class}: a search by cosine (<=>) never uses it",
            f"DROP INDEX {index.name}; {_create(table, columns, dimension, vector)}",
        )
        for index in indexes
        if METRICS.get(index.operator_class, "cosine") != "cosine"
    ]
    usable = [index for index in indexes if METRICS.get(index.operator_class, "cosine") == "cosine"]
    if not usable and dimension > _LIMITS.get(vector, 0):
        found.append(
            Problem(
                f"{dimension:,} numbers: HNSW indexes a {vector} of at most {_LIMITS.get(vector, 0):,}, so every "
                "search reads the whole table",
                _create(table, columns, dimension, vector),
            )
        )
    elif not usable and n_documents > _MANY:
        found.append(
            Problem(
                f"no index over {n_documents:,} records: every search reads the whole table",
                _create(table, columns, dimension, vector),
            )
        )
    return found


def id_problem(table: str, columns: PgvectorColumns) -> Problem:
    """Return what follows from ids that nothing keeps unique, as in LlamaIndex's tables."""
    return Problem(
        f"nothing keeps an id in {columns.id} from being there twice: a document that is added again is doubled",
        f"CREATE UNIQUE INDEX ON {table} ({columns.id})",
    )


def _create(table: str, columns: PgvectorColumns, dimension: int, vector: str) -> str:
    if dimension > _LIMITS["halfvec"]:
        size = 1024
        return (
            f"CREATE INDEX ON {table} USING hnsw "
            f"((subvector({columns.embedding}, 1, {size})::{vector}({size})) {vector}_cosine_ops)"
        )
    if dimension > _LIMITS.get(vector, 0):
        return f"CREATE INDEX ON {table} USING hnsw (({columns.embedding}::halfvec({dimension})) halfvec_cosine_ops)"
    return f"CREATE INDEX ON {table} USING hnsw ({columns.embedding} {vector}_cosine_ops)"


def _alter(table: str, columns: PgvectorColumns, size: str) -> str:
    return f"ALTER TABLE {table} ALTER COLUMN {columns.embedding} TYPE vector({size})"
