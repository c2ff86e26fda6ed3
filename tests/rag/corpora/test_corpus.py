from langchain_core.documents import Document

from qwen3_embed_integrations.rag.corpora.corpus import chunks_by_id


def document(text, source="a"):
    return Document(text, metadata={"source": source, "title": "Title"})


def test_a_chunk_starts_with_its_document_s_title():
    (plain,) = chunks_by_id([document("text")]).values()
    (titled,) = chunks_by_id([document("# Title\n\ntext")]).values()
    assert (plain.page_content, titled.page_content) == ("Title\n\ntext", "# Title\n\ntext")


def test_equal_text_of_two_sources_has_two_ids_and_of_one_source_one():
    assert len(chunks_by_id([document("text"), document("text")])) == 1
    assert len(chunks_by_id([document("text"), document("text", "b")])) == 2
