"""A request of pairs holds the same texts for a tokenizer and for a server."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from qwen3_embed_integrations.core.rerank_request import document_of, pair_head, rerank_request


@given(st.text(), st.text(), st.lists(st.text(), min_size=1))
def test_documents_are_those_that_the_texts_were_made_of(query: str, instruction: str, documents: list[str]) -> None:
    request = rerank_request(query, instruction, documents, max_length=9)
    assert request.documents == documents
    assert request.texts == [f"<Instruct>: {instruction}\n<Query>: {query}\n<Document>: {one}" for one in documents]
    assert replace(request, texts=request.texts[:1]).documents == documents[:1]


def test_several_documents_share_a_prefix_and_one_has_none_to_share() -> None:
    assert rerank_request("q", "i", ["a", "b"], max_length=9).shared_prefix == pair_head("i", "q")
    assert rerank_request("q", "i", ["a"], max_length=9).shared_prefix == ""


def test_a_text_cut_before_its_document_has_an_empty_one() -> None:
    text = f"{pair_head('i', 'q')} a document"
    assert document_of(text[:5], "q", "i") == ""
    assert document_of(text[:-4], "q", "i") == "a docu"
