"""PgvectorHandle: a table with a pgvector column, over psycopg."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic_core import to_jsonable_python

from qwen3_embed_integrations.core.errors import ConfigError
from qwen3_embed_integrations.core.store_hits import FirstStage, StoreHit
from qwen3_embed_integrations.core.types import FloatArray

from .handle import CollectionInfo, Problem, StoredRecords, WritableHandle, as_uuids, check_json, n_fetched
from .pgvector_catalog import is_unique, read_column, read_comment, read_indexes
from .pgvector_client import psycopg, register_vector, sql
from .pgvector_indexes import METRICS, id_problem, index_problems, index_statement
from .pgvector_sql import PgvectorColumns, copy_records, create_statement, search_statement, settings
from .pgvector_terms import find_terms

_LABEL = "qwen3-embed-space: "  # begins a line of its own in the column's comment


class PgvectorHandle(WritableHandle):
    """A table of embeddings in PostgreSQL.

    Args:
        connection: A psycopg connection with autocommit, or a connection string: `close` ends what it opens.
        table: Name of the table.
        schema: Its schema.
        columns: Names of the columns; None: those of LangChain's `PGVectorStore`.
    """

    engine = "pgvector"
    metric_remedy: ClassVar[str] = (
        "Make the index anew with vector_cosine_ops or halfvec_cosine_ops (the command stands below, or in "
        "`qwen3-embed doctor --store …`), with "
        "distance_strategy=DistanceStrategy.COSINE_DISTANCE (LangChain) or vector_function='cosine_similarity' "
        "(Haystack)."
    )
    label_remedy: ClassVar[str] = "Only the owner of a table may comment on its columns: ask the owner to open it once."

    def __init__(
        self, connection: Any, table: str, *, schema: str = "public", columns: PgvectorColumns | None = None
    ) -> None:
        self.table, self.schema = table, schema
        self.columns = columns or PgvectorColumns()
        self._given = connection
        self._opened: Any = None

    @property
    def where(self) -> str:
        """Engine and table."""
        return f"pgvector table {self.schema}.{self.table}"

    @property
    def connection(self) -> Any:
        """The psycopg connection, opened at the first use; every statement commits unless a transaction is open."""
        connection = self._plain_connection()
        if "vector" not in {one.name for one in connection.adapters.types}:
            register_vector(connection)
        return connection

    def close(self) -> None:
        """Close the connection if this handle has opened it."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    @property
    def name(self) -> sql.Identifier:
        """The table, quoted."""
        return sql.Identifier(self.schema, self.table)

    def exists(self) -> bool:
        """Return whether the table has been made."""
        return self._one("SELECT to_regclass(%s)", f'"{self.schema}"."{self.table}"') is not None

    def has_columns(self) -> bool:
        """Return whether the table has the columns of these names."""
        names = (self.columns.id, self.columns.text, self.columns.embedding)
        return all(read_column(self.connection, self.schema, self.table, one) for one in names)

    def create(self, dimension: int, *, vector: Literal["vector", "halfvec"] = "vector") -> None:
        """Make the extension and the table, as LangChain's `PGVectorStore` reads it; ids are text.

        Args:
            dimension: Length of an embedding.
            vector: Type of its column: four bytes a number, or two.
        """
        connection = self._plain_connection()
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        connection.execute(create_statement(self.name, self.columns, dimension, vector))

    def create_index(self, *, first: FirstStage = None, m: int = 32, ef_construction: int = 200) -> None:
        """Make the HNSW index that `search` uses with this first stage.

        Without one: over the column, up to 2,000 numbers, and as halfvec up to 4,000.

        Raises:
            ConfigError: No index can be made over so many numbers.
        """
        dimension = self._dimension()
        if dimension is None:
            raise ConfigError(f"{self.where} has a column without a dimension, which no index takes.")
        statement = index_statement(self.name, self.columns, self._type(), dimension, first)
        options = sql.SQL(" WITH (m = {}, ef_construction = {})").format(sql.Literal(m), sql.Literal(ef_construction))
        self.connection.execute(statement + options)

    def info(self) -> CollectionInfo:
        """Return the column's dimension, the metric of its indexes, and the number of records."""
        count = self._one(sql.SQL("SELECT count(*) FROM {}").format(self.name))
        indexes = read_indexes(self.connection, self.schema, self.table, self.columns.embedding)
        metrics = {METRICS.get(index.operator_class, "cosine") for index in indexes}
        wrong = sorted(metrics - self.metrics)
        kinds = "; ".join(str(one) for one in indexes) or "none: a search reads the whole table"
        return CollectionInfo(self._dimension(), wrong[0] if wrong else "cosine", int(count), kinds)

    def label(self) -> Mapping[str, Any] | None:
        """Return the description in the comment of the column."""
        for line in self._comment().splitlines():
            if line.startswith(_LABEL):
                found: Mapping[str, Any] = json.loads(line.removeprefix(_LABEL))
                return found
        return None

    def set_label(self, space: Mapping[str, Any]) -> None:
        """Write the description as a line of the column's comment."""
        others = [line for line in self._comment().splitlines() if not line.startswith(_LABEL)]
        comment = "\n".join([*others, _LABEL + json.dumps(dict(space))])
        self.connection.execute(
            sql.SQL("COMMENT ON COLUMN {} IS {}").format(
                sql.Identifier(self.schema, self.table, self.columns.embedding), sql.Literal(comment)
            )
        )

    def sample(self, n: int) -> list[tuple[str | None, Any]]:
        """Return (text, embedding) of some records."""
        _, text, name = self.columns.identifiers()
        query = sql.SQL("SELECT {}, {}::vector FROM {} WHERE {} IS NOT NULL LIMIT {}")
        found = self.connection.execute(query.format(text, name, self.name, name, sql.Literal(n)))
        return list(found.fetchall())

    def problems(self) -> list[Problem]:
        """Report indexes that are missing, can't be used, or can't be made."""
        indexes = read_indexes(self.connection, self.schema, self.table, self.columns.embedding)
        count, name = self.info().n_documents, self.name.as_string(None)
        found = index_problems(name, self.columns, self._dimension(), self._type(), indexes, count)
        if not is_unique(self.connection, self.schema, self.table, self.columns.id):
            found.append(id_problem(name, self.columns))
        return found

    def stored_ids(self, ids: Sequence[str]) -> list[str]:
        """Return the ids as UUIDs where the column is of that type, as LangChain makes it; refuse U+0000."""
        if any("\0" in one for one in ids):
            raise ConfigError("An id holds U+0000, which PostgreSQL can't store. Nothing was written.")
        return as_uuids(ids) if self._id_type() == "uuid" else list(ids)

    def existing_ids(self, ids: Sequence[str]) -> set[str]:
        """Return those of these ids that the table holds."""
        id_column = sql.Identifier(self.columns.id)
        found = self.connection.execute(
            sql.SQL("SELECT {}::text FROM {} WHERE {} = ANY(%s::{}[])").format(
                id_column, self.name, id_column, sql.SQL(self._id_type())
            ),
            [list(ids)],
        )
        return {name for (name,) in found.fetchall()}

    def check_writable(self, texts: Sequence[str], metadatas: Sequence[Mapping[str, Any]]) -> None:
        """Refuse U+0000, metadata that JSON can't hold, and a table where an id could be there twice."""
        check_json(metadatas)
        columns = {"Document": texts, "Metadata": [json.dumps(to_jsonable_python(one)) for one in metadatas]}
        for name, values in columns.items():
            for index, value in enumerate(values):
                if "\0" in value or (name == "Metadata" and "\\u0000" in value):
                    raise ConfigError(
                        f"{name} {index} holds U+0000, which PostgreSQL can't store. Nothing was written."
                    )
        if not is_unique(self.connection, self.schema, self.table, self.columns.id):
            problem = id_problem(self.name.as_string(None), self.columns)
            raise ConfigError(f"In {self.where}, {problem.found}. {problem.remedy}. Nothing was written.")

    def write(self, records: StoredRecords) -> None:
        """Upsert the records by COPY, in one transaction."""
        terms = find_terms(self.connection, self.schema, self.table)
        types = (self._id_type(), self._type())
        copy_records(self.connection, self.name, self.columns, records, types=types, terms=terms)

    def search(
        self, embedding: FloatArray, k: int = 10, *, first: FirstStage = None, widen: int = 10, where: Any = None
    ) -> list[StoreHit]:
        """Return the nearest records; `where` is SQL for WHERE: a `psycopg.sql` object.

        The text of a condition is part of the statement: quote what users give with `psycopg.sql.Literal`.
        """
        found = self._search(embedding, k, first, widen, where)
        return [StoreHit(str(name), float(score), text, metadata or {}) for name, text, metadata, score in found]

    def query_plan(
        self, embedding: FloatArray, k: int = 10, *, first: FirstStage = None, widen: int = 10, where: Any = None
    ) -> str:
        """Return PostgreSQL's plan for a `search`: "Index Scan" where it uses an index."""
        lines = self._search(embedding, k, first, widen, where, prefix="EXPLAIN ")
        return "\n".join(line for (line,) in lines)

    def _search(  # noqa: PLR0913, PLR0917 - what `search` takes
        self, embedding: FloatArray, k: int, first: FirstStage, widen: int, where: Any, prefix: str = ""
    ) -> list[Any]:
        limit, dimension = n_fetched(k, widen), self._dimension()
        statement = search_statement(
            self.name, self.columns, embedding, dimension, self._type(), first=first, limit=limit, k=k, where=where
        )
        connection = self.connection
        with connection.transaction():
            connection.execute(settings(limit if first else k, is_filtered=where is not None))
            found: list[Any] = connection.execute(sql.SQL(prefix) + statement, {"query": embedding}).fetchall()
        return found

    def _plain_connection(self) -> Any:
        if not isinstance(self._given, str):
            return self._given
        if self._opened is None:
            self._opened = psycopg.connect(self._given, autocommit=True)
        return self._opened

    def _dimension(self) -> int | None:
        return max(self._column(self.columns.embedding)[1], 0) or None

    def _type(self) -> str:
        return self._column(self.columns.embedding)[0]

    def _id_type(self) -> str:
        found = self._column(self.columns.id)[0]
        return found if found == "uuid" else "text"

    def _column(self, column: str) -> tuple[str, int]:
        found = read_column(self.connection, self.schema, self.table, column)
        if found is None:
            raise ConfigError(f"{self.where} has no column {column!r}. Name its columns: columns=PgvectorColumns(…).")
        return found

    def _comment(self) -> str:
        return read_comment(self.connection, self.schema, self.table, self.columns.embedding)

    def _one(self, query: Any, *values: Any) -> Any:
        found = self.connection.execute(query, list(values)).fetchone()
        return None if found is None else found[0]
