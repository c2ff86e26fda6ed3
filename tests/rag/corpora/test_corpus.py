from qwen3_embed_integrations.rag.corpora.blocks import Block, ParsedDocument
from qwen3_embed_integrations.rag.corpora.corpus import chunks_by_id
from rag_documents import chunks_of, count_words, document


def test_equal_text_of_two_sources_has_two_ids_and_of_one_source_one():
    assert len(chunks_of([document("a", "text"), document("a", "text")])) == 1
    assert len(chunks_of([document("a", "text"), document("b", "text")])) == 2


def test_ids_are_the_chunks_own_and_do_not_depend_on_other_documents():
    alone, both = chunks_of([document("a")]), chunks_of([document("b"), document("a")])
    assert alone.items() <= both.items()
    assert all(key == chunk.id for key, chunk in both.items())


LONG = " ".join(f"Word {n} of the licence." for n in range(20))


def test_a_long_text_in_several_files_is_one_chunk_that_names_them():
    (chunk,) = chunks_of([document("a", LONG), document("b", LONG.replace(" ", "\n")), document("c", LONG)]).values()
    assert chunk.source == "a"
    assert [place.source for place in chunk.also] == ["b", "c"]


def test_texts_that_differ_in_one_word_or_sign_are_two():
    assert len(chunks_of([document("a", LONG), document("b", LONG.replace("Word 7", "Word 8"))])) == 2
    assert len(chunks_of([document("a", LONG + " x < y"), document("b", LONG + " x > y")])) == 2


def test_a_short_text_is_the_same_only_under_the_same_headings():
    def headed(source, heading):
        return ParsedDocument(source, "Guide", (Block(heading, "heading", level=1), Block("Not available.")))

    assert len(chunks_of([headed("a", "Fork"), headed("b", "Spawn")])) == 2
    (chunk,) = chunks_of([headed("a", "Fork"), headed("b", "Fork")]).values()
    assert [place.source for place in chunk.also] == ["b"]


def test_few_of_very_many_places_are_kept():
    (chunk,) = chunks_of([document(f"{n}", LONG) for n in range(500)]).values()
    assert len(chunk.also) == 20


def test_documents_that_did_not_change_are_not_cut_again():
    memory, first, second = {}, document("a", LONG), document("b")
    before = chunks_by_id([first, second], count_words, None, memory)
    counted = []
    changed = document("b", "What b says now.")
    after = chunks_by_id([first, changed], lambda texts: counted.extend(texts) or count_words(texts), None, memory)
    assert LONG not in counted
    assert after == chunks_of([first, changed])
    assert before != after


def test_tokens_are_counted_for_many_documents_at_a_time():
    calls = []

    def count(texts):
        calls.append(len(texts))
        return count_words(texts)

    assert len(chunks_by_id([document(f"note {n}") for n in range(300)], count)) == 300
    assert len(calls) == 2
