"""PgvectorHandle on a real PostgreSQL, and the traps of the three adapters over it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import numpy as np
import psycopg
import pytest
from haystack.utils import Secret
from haystack_integrations.document_stores.pgvector import PgvectorDocumentStore
from langchain_postgres import Column, PGEngine, PGVectorStore
from langchain_postgres.v2.indexes import DistanceStrategy
from llama_index.core.schema import TextNode
from llama_index.vector_stores.postgres import PGVectorStore as NodeStore
from psycopg import sql
from sqlalchemy.exc import IntegrityError

from qwen3_embed_integrations import ConfigError, Qwen3Encoder, SpaceMismatchError
from qwen3_embed_integrations.langchain import Qwen3Embeddings
from qwen3_embed_integrations.stores import PgvectorColumns, PgvectorHandle, add_documents, guarded, handle_of

TEXTS = [f"text {i} of many" for i in range(30)]
IDS = [f"doc#{i}" for i in range(30)]
TEXT_ID = Column("langchain_id", "TEXT", nullable=False)


@pytest.fixture
def handle(postgres: str, name: str) -> Iterator[PgvectorHandle]:
    found = PgvectorHandle(postgres, name)
    found.create(64)
    yield found
    found.close()


@pytest.fixture(scope="module")
def url(postgres: str) -> str:
    folder = postgres.partition("host=")[2]
    return f"postgresql+psycopg://postgres@/postgres?host={folder}"


@pytest.fixture(scope="module")
def engine(url: str) -> Iterator[PGEngine]:
    found = PGEngine.from_connection_string(url)
    yield found
    found._run_as_sync(found.close())


@pytest.fixture
def closing() -> Iterator[list[Any]]:
    """Handles whose connections are closed at the end."""
    handles: list[Any] = []
    yield handles
    for one in handles:
        one.close()


def node_store(postgres: str, name: str, **options: Any) -> NodeStore:
    folder = postgres.partition("host=")[2]
    return NodeStore.from_params(
        connection_string=f"postgresql+psycopg2://postgres@/postgres?host={folder}",
        async_connection_string=f"postgresql+asyncpg://postgres@/postgres?host={folder}",
        table_name=name,
        **options,
    )


def test_langchain_opens_any_table_and_is_refused_here(
    handle: PgvectorHandle, engine: PGEngine, embeddings: Qwen3Embeddings
) -> None:
    add_documents(handle, TEXTS, IDS, encoder=embeddings)
    for options, said in (({"dimension": 32}, "dimension: stored 64, now 32"), ({"model": "4B"}, "weights: stored")):
        other = Qwen3Embeddings(**{"backend": "fake", "dimension": 64, **options})
        store = PGVectorStore.create_sync(engine, other, handle.table)  # stock: opens without a word
        with pytest.raises(SpaceMismatchError, match=said):
            guarded(store, other)
    store = PGVectorStore.create_sync(engine, embeddings, handle.table)
    assert guarded(store, embeddings) is store
    assert store.similarity_search(TEXTS[3], k=1)[0].page_content == TEXTS[3]


def test_langchains_own_table_takes_uuids_alone_and_any_id_here(
    engine: PGEngine, name: str, embeddings: Qwen3Embeddings
) -> None:
    engine.init_vectorstore_table(name, vector_size=64)
    store = PGVectorStore.create_sync(engine, embeddings, name)
    with pytest.raises(Exception, match="invalid input syntax for type uuid"):
        store.add_texts(TEXTS[:1], ids=IDS[:1])
    stored = add_documents(store, TEXTS, IDS, [{"n": i} for i in range(30)])
    assert all(str(uuid.UUID(one)) == one for one in stored)
    (found,) = store.similarity_search(TEXTS[3], k=1)
    assert (found.id, found.page_content, found.metadata) == (stored[3], TEXTS[3], {"n": 3})


def test_a_write_is_whole_or_not_at_all(
    handle: PgvectorHandle, engine: PGEngine, name: str, embeddings: Qwen3Embeddings
) -> None:
    texts = [*TEXTS[:6], "broken \0", *TEXTS[7:10]]
    engine.init_vectorstore_table(f"{name}_stock", vector_size=64, id_column=TEXT_ID)
    store = PGVectorStore.create_sync(engine, embeddings, f"{name}_stock")
    with pytest.raises(Exception, match="NUL"):
        store.add_texts(texts, ids=IDS[:10])
    count = "SELECT count(*) FROM {}"
    (left,) = handle.connection.execute(sql.SQL(count).format(sql.Identifier(f"{name}_stock"))).fetchone()
    assert left == 6  # stock: one statement and one commit a text
    with pytest.raises(ConfigError, match=r"Document 6 holds U\+0000"):
        add_documents(handle, texts, IDS[:10], encoder=embeddings)
    with pytest.raises(ConfigError, match=r"Metadata 1 holds U\+0000"):
        add_documents(handle, TEXTS[:2], IDS[:2], [{}, {"a": "\0"}], encoder=embeddings)
    with pytest.raises(ConfigError, match="Metadata 0 is no JSON"):
        add_documents(handle, TEXTS[:1], IDS[:1], [{"a": object()}], encoder=embeddings)
    with pytest.raises(ConfigError, match=r"An id holds U\+0000"):
        add_documents(handle, TEXTS[:1], ["a\0"], encoder=embeddings)
    assert handle.info().n_documents == 0


def test_langchain_embeds_a_generator_and_writes_none_of_it(
    handle: PgvectorHandle, engine: PGEngine, embeddings: Qwen3Embeddings
) -> None:
    store = PGVectorStore.create_sync(engine, embeddings, handle.table)
    store.add_texts(text for text in TEXTS)
    assert handle.info().n_documents == 0  # stock
    add_documents(store, (text for text in TEXTS), IDS)
    assert handle.info().n_documents == 30


def test_llama_index_doubles_a_node_and_is_not_written_here(
    postgres: str, name: str, encoder: Qwen3Encoder, closing: list[Any]
) -> None:
    store = guarded(node_store(postgres, name, embed_dim=64), encoder)
    closing.append(handle_of(store))
    node = TextNode(text=TEXTS[0], id_="a", embedding=encoder.encode_document(TEXTS[:1])[0].tolist())
    store.add([node])
    store.add([node])
    assert closing[0].info().n_documents == 2  # stock: no upsert
    (problem,) = closing[0].problems()
    assert "a document that is added again is doubled" in problem.found
    closing[0].connection.execute(sql.SQL("DELETE FROM {}").format(closing[0].name))
    closing[0].connection.execute(problem.remedy)
    store.add([node])
    with pytest.raises(IntegrityError, match="duplicate key"):
        store.add([node])
    assert closing[0].info().n_documents == 1
    with pytest.raises(ConfigError, match="Give them to its index"):
        add_documents(store, TEXTS, IDS, encoder=encoder)
    with pytest.raises(SpaceMismatchError, match="weights: stored"):
        guarded(store, Qwen3Encoder(backend="fake", model="4B", dimension=64))


def test_default_dimensions_are_refused_before_a_table_is_made(postgres: str, name: str, encoder: Qwen3Encoder) -> None:
    with pytest.raises(ConfigError, match=r"embed_dim=1536.*Give embed_dim=64"):
        guarded(node_store(postgres, name), encoder)
    secret = Secret.from_token(postgres)
    with pytest.raises(ConfigError, match=r"embedding_dimension=768.*Give embedding_dimension=64"):
        guarded(PgvectorDocumentStore(connection_string=secret, table_name=name), encoder)
    with psycopg.connect(postgres) as connection:
        made = connection.execute("SELECT count(*) FROM pg_tables WHERE tablename LIKE %s", [f"%{name}"]).fetchone()
    assert made == (0,)


def test_haystacks_table_is_guarded(postgres: str, name: str, encoder: Qwen3Encoder, closing: list[Any]) -> None:
    options = {"connection_string": Secret.from_token(postgres), "table_name": name, "embedding_dimension": 64}
    wrong = PgvectorDocumentStore(**options, vector_function="l2_distance")
    closing.append(handle_of(wrong))
    with pytest.raises(ConfigError, match="vector_function='l2_distance'"):
        guarded(wrong, encoder)
    store = guarded(PgvectorDocumentStore(**options), encoder)
    with pytest.raises(ConfigError, match="DocumentWriter"):
        add_documents(store, TEXTS, IDS, encoder=encoder)
    with pytest.raises(SpaceMismatchError, match="weights: stored"):
        guarded(store, Qwen3Encoder(backend="fake", model="4B", dimension=64))
    for one in (wrong, store):
        one._connection.close()


def test_llama_indexs_halfvec_index_is_never_used_and_reported(
    postgres: str, name: str, encoder: Qwen3Encoder, closing: list[Any]
) -> None:
    hnsw = {"hnsw_m": 16, "hnsw_ef_construction": 64, "hnsw_ef_search": 40}
    store = node_store(postgres, name, embed_dim=64, use_halfvec=True, hnsw_kwargs=hnsw)
    handle = handle_of(store)
    closing.append(handle)
    with pytest.raises(ConfigError, match=r"compares by l2.*vector_cosine_ops"):
        guarded(store, encoder)
    connection = handle.connection
    query = sql.SQL("EXPLAIN SELECT id FROM {} ORDER BY embedding <=> %s::halfvec LIMIT 3").format(handle.name)
    embedding = encoder.encode_query(["text"])[0]
    with connection.transaction():
        connection.execute("SET LOCAL enable_seqscan = off")
        assert "Sort" in str(connection.execute(query, [embedding]).fetchall())
    problem, twice = handle.problems()
    assert "halfvec_l2_ops: a search by cosine (<=>) never uses it" in problem.found
    for statement in (*problem.remedy.split("; "), twice.remedy):
        connection.execute(statement)
    assert handle.problems() == []
    with connection.transaction():
        connection.execute("SET LOCAL enable_seqscan = off")
        assert "Index Scan" in str(connection.execute(query, [embedding]).fetchall())
    assert guarded(store, encoder) is store


@pytest.mark.parametrize("first", [16, "binary"])
def test_two_stages_use_their_index_and_rank_as_one(handle: PgvectorHandle, encoder: Qwen3Encoder, first: Any) -> None:
    add_documents(handle, TEXTS, IDS, [{"n": i} for i in range(30)], encoder=encoder)
    handle.create_index(first=first)
    query = encoder.encode_query(["text 7"])[0]
    handle.connection.execute("SET enable_seqscan = off")
    plain, staged = handle.search(query, 3), handle.search(query, 3, first=first)
    assert [hit.id for hit in staged] == [hit.id for hit in plain]
    plan = handle.query_plan(query, 3, first=first)
    assert "Index Scan" in plan
    wanted = sql.SQL("(langchain_metadata->>'n')::int >= 28")
    assert {hit.id for hit in handle.search(query, 5, first=first, where=wanted)} == {"doc#28", "doc#29"}


def test_a_search_returns_more_than_the_default_list_of_forty(handle: PgvectorHandle, encoder: Qwen3Encoder) -> None:
    texts = [f"text {i}" for i in range(100)]
    add_documents(handle, texts, texts, encoder=encoder)
    handle.create_index()
    query = encoder.encode_query(["text 7"])[0]
    handle.connection.execute("SET enable_seqscan = off")
    stock = handle.connection.execute(
        sql.SQL("SELECT 1 FROM {} ORDER BY embedding <=> %s LIMIT 60").format(handle.name), [query]
    ).fetchall()
    assert len(stock) < 60
    assert len(handle.search(query, 60)) == 60


def test_more_numbers_than_an_index_takes_are_reported_with_the_command(
    postgres: str, name: str, closing: list[Any]
) -> None:
    handle = PgvectorHandle(postgres, name)
    closing.append(handle)
    handle.create(2560)
    with pytest.raises(psycopg.errors.ProgramLimitExceeded, match="2000"):
        handle.connection.execute(
            sql.SQL("CREATE INDEX ON {} USING hnsw (embedding vector_cosine_ops)").format(handle.name)
        )
    (problem,) = handle.problems()
    assert "2,560 numbers" in problem.found
    handle.connection.execute(problem.remedy)
    assert handle.problems() == []
    handle.connection.execute("SET enable_seqscan = off")
    query = np.eye(2560, dtype=np.float32)[0]
    assert "Index Scan" in handle.query_plan(query, 3)


def test_strangers_comments_stay(handle: PgvectorHandle, encoder: Qwen3Encoder) -> None:
    handle.connection.execute(sql.SQL("COMMENT ON COLUMN {}.embedding IS 'it''s mine'").format(handle.name))
    guarded(handle, encoder)
    guarded(handle, encoder)
    assert handle._comment().splitlines()[0] == "it's mine"
    assert len(handle._comment().splitlines()) == 2


def test_a_wrong_strategy_or_column_is_refused(
    handle: PgvectorHandle, postgres: str, engine: PGEngine, embeddings: Qwen3Embeddings, closing: list[Any]
) -> None:
    strategy = DistanceStrategy.EUCLIDEAN
    store = PGVectorStore.create_sync(engine, embeddings, handle.table, distance_strategy=strategy)
    with pytest.raises(ConfigError, match="distance_strategy=EUCLIDEAN"):
        guarded(store, embeddings)
    strategy = DistanceStrategy.INNER_PRODUCT
    store = PGVectorStore.create_sync(engine, embeddings, handle.table, distance_strategy=strategy)
    assert store._PGVectorStore__vs._select_relevance_score_fn()(0.9) == pytest.approx(0.1)  # stock: of cosine -0.9
    assert store._PGVectorStore__vs._select_relevance_score_fn()(0.1) == pytest.approx(0.9)  # more than of cosine 0.8
    with pytest.raises(ConfigError, match="INNER_PRODUCT high for opposite ones"):
        guarded(store, embeddings)
    other = PgvectorHandle(postgres, handle.table, columns=PgvectorColumns(embedding="vectors"))
    closing.append(other)
    with pytest.raises(ConfigError, match="has no column 'vectors'"):
        guarded(other, embeddings)


def test_metadata_columns_are_refused(engine: PGEngine, name: str, embeddings: Qwen3Embeddings) -> None:
    engine.init_vectorstore_table(name, vector_size=64, metadata_columns=[Column("topic", "TEXT")])
    store = PGVectorStore.create_sync(engine, embeddings, name, metadata_columns=["topic"])
    with pytest.raises(ConfigError, match=r"columns of their own \(topic\)"):
        guarded(store, embeddings)


def test_langchains_hybrid_search_keeps_its_first_query_and_is_refused(
    engine: PGEngine, name: str, embeddings: Qwen3Embeddings
) -> None:
    from langchain_postgres.v2.hybrid_search_config import HybridSearchConfig

    config = HybridSearchConfig(tsv_column="tsv")
    engine.init_vectorstore_table(name, vector_size=64, hybrid_search_config=config)
    store = PGVectorStore.create_sync(engine, embeddings, name, hybrid_search_config=config)
    store.add_texts(["wombats dig", "kangaroos jump"])
    store.similarity_search("wombats", k=1)
    store.similarity_search("kangaroos", k=1)
    assert config.fts_query == "wombats"  # stock: the first query's words stay
    with pytest.raises(ConfigError, match=r"keeps the words of its first query.*at each search"):
        guarded(store, embeddings)
    store = guarded(PGVectorStore.create_sync(engine, embeddings, name), embeddings)
    for query, found in (("wombats", "wombats dig"), ("kangaroos", "kangaroos jump")):
        each = HybridSearchConfig(tsv_column="tsv", fts_query=query)
        assert found in [one.page_content for one in store.similarity_search(query, k=2, hybrid_search_config=each)]


def test_a_table_where_an_id_can_be_twice_is_not_written(handle: PgvectorHandle, encoder: Qwen3Encoder) -> None:
    connection = handle.connection
    connection.execute(
        sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(handle.name, sql.Identifier(f"{handle.table}_pkey"))
    )
    with pytest.raises(ConfigError, match=r"doubled\. CREATE UNIQUE INDEX ON .*\(langchain_id\)\. Nothing was written"):
        add_documents(handle, TEXTS, IDS, encoder=encoder)
    connection.execute(sql.SQL("CREATE UNIQUE INDEX ON {} (langchain_id)").format(handle.name))
    add_documents(handle, TEXTS, IDS, encoder=encoder)
    assert handle.info().n_documents == 30


def test_half_the_bytes_find_what_the_whole_embeddings_find(
    postgres: str, name: str, encoder: Qwen3Encoder, closing: list[Any]
) -> None:
    handle = PgvectorHandle(postgres, name)
    closing.append(handle)
    handle.create(64, vector="halfvec")
    texts = [f"text {i}" for i in range(200)]
    add_documents(handle, texts, texts, encoder=encoder)
    handle.create_index()
    handle.connection.execute("SET enable_seqscan = off")
    documents, queries = encoder.encode_document(texts), encoder.encode_query([f"text {i}" for i in range(20)])
    assert "Index Scan" in handle.query_plan(queries[0])
    assert handle.info().index == "hnsw (halfvec_cosine_ops)"
    shares = []
    for query, exact in zip(queries, np.argsort(-(queries @ documents.T), axis=1)[:, :10], strict=True):
        found = {hit.id for hit in handle.search(query)}
        shares.append(len(found & {texts[i] for i in exact}) / 10)
    assert np.mean(shares) >= 0.97
    guarded(handle, encoder)
