"""Hybrid search in PostgreSQL: terms of every language, which its own configurations don't split."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from langchain_postgres import PGEngine, PGVectorStore
from langchain_postgres.v2.hybrid_search_config import HybridSearchConfig
from psycopg import sql

from qwen3_embed_integrations import ConfigError, InputTypeError
from qwen3_embed_integrations.langchain import Qwen3Embeddings
from qwen3_embed_integrations.stores import PgvectorHandle, add_documents, guarded
from qwen3_embed_integrations.stores.pgvector_terms import TERMS, add_terms, find_terms, hybrid_search, terms_of

TEXTS = ["E1234 is raised by getUserName.", "Katzen schlafen den ganzen Tag.", "机器学习很有趣。", "The tower stands."]
QUERIES = {"get user name": 0, "KATZEN": 1, "学习": 2}


@pytest.fixture
def handle(postgres: str, name: str, embeddings: Qwen3Embeddings) -> Iterator[PgvectorHandle]:
    found = PgvectorHandle(postgres, name)
    found.create(64)
    add_documents(found, TEXTS[:2], TEXTS[:2], encoder=embeddings)
    add_terms(found)
    add_documents(found, TEXTS[2:], TEXTS[2:], [{"n": 2}, {"n": 3}], encoder=embeddings)
    yield found
    found.close()


def test_postgresqls_own_terms_miss_what_ours_find(handle: PgvectorHandle) -> None:
    stock = sql.SQL("SELECT content FROM {} WHERE to_tsvector('simple', content) @@ plainto_tsquery('simple', %s)")
    for query in ("get user name", "学习"):
        assert handle.connection.execute(stock.format(handle.name), [query]).fetchall() == []


@pytest.mark.parametrize("query", QUERIES)
def test_terms_of_every_script_are_found_beside_the_embeddings(
    handle: PgvectorHandle, embeddings: Qwen3Embeddings, query: str
) -> None:
    embedding = embeddings.encoder.encode_query([query])[0]
    wanted = TEXTS[QUERIES[query]]
    hits = hybrid_search(handle, query, embedding, 4)
    assert [hit.text for hit in hits].index(wanted) <= 1
    assert (len(hits), len({hit.id for hit in hits})) == (4, 4)
    by_terms = [hit for hit in hits if hit.score > 1 / 61]
    assert [hit.text for hit in by_terms] == [wanted]  # it alone is found by both sides
    assert hybrid_search(handle, "…", embedding, 1)[0].id == handle.search(embedding, 1)[0].id  # no terms at all


def test_langchain_searches_the_same_column(handle: PgvectorHandle, postgres: str, embeddings: Qwen3Embeddings) -> None:
    folder = postgres.partition("host=")[2]
    engine = PGEngine.from_connection_string(f"postgresql+psycopg://postgres@/postgres?host={folder}")
    store = guarded(PGVectorStore.create_sync(engine, embeddings, handle.table), embeddings)
    add_documents(store, ["Hunde bellen."], ["dogs"])  # through the store too
    for query, wanted in (("学习", TEXTS[2]), ("HUNDE", "Hunde bellen.")):
        config = HybridSearchConfig(tsv_column=TERMS, tsv_lang="simple", fts_query=terms_of(query))
        found = store.similarity_search(query, k=5, hybrid_search_config=config)
        assert wanted in [document.page_content for document in found[:2]]
    engine._run_as_sync(engine.close())


def test_a_table_without_terms_says_what_to_do(postgres: str, name: str, embeddings: Qwen3Embeddings) -> None:
    with PgvectorHandle(postgres, name) as plain:
        plain.create(64)
        assert find_terms(plain.connection, "public", name) is None
        with pytest.raises(ConfigError, match=r"Add them: stores\.pgvector_terms\.add_terms"):
            hybrid_search(plain, "a", embeddings.encoder.encode_query(["a"])[0])


def test_terms_are_words_of_ascii() -> None:
    words = terms_of("学习 学习 getUserName").split()
    assert len(set(words)) == len(words)
    assert all(word.isascii() and word.startswith("t") and len(word) == 9 for word in words)
    with pytest.raises(InputTypeError):
        terms_of(None)  # type: ignore[arg-type]


def test_a_rare_term_counts_more(handle: PgvectorHandle, embeddings: Any) -> None:
    texts = [f"common word {i}" for i in range(20)]
    add_documents(handle, [*texts, "a rare kangaroo"], [*texts, "k"], encoder=embeddings)
    query = "common kangaroo"
    hits = hybrid_search(handle, query, embeddings.encoder.encode_document(["a rare kangaroo"])[0], 30)
    assert (hits[0].id, hits[0].score) == ("k", pytest.approx(2 / 61))  # first by both
