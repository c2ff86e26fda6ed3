from qwen3_embed_integrations.rag.corpora.corpus import chunks_by_id
from rag_documents import chunks_of, count_words, document


def test_equal_text_of_two_sources_has_two_ids_and_of_one_source_one():
    assert len(chunks_of([document("a", "text"), document("a", "text")])) == 1
    assert len(chunks_of([document("a", "text"), document("b", "text")])) == 2


def test_ids_are_the_chunks_own_and_do_not_depend_on_other_documents():
    alone, both = chunks_of([document("a")]), chunks_of([document("b"), document("a")])
    assert alone.items() <= both.items()
    assert all(key == chunk.id for key, chunk in both.items())


def test_tokens_are_counted_for_many_documents_at_a_time():
    calls = []

    def count(texts):
        calls.append(len(texts))
        return count_words(texts)

    assert len(chunks_by_id([document(f"note {n}") for n in range(300)], count)) == 300
    assert len(calls) == 2
