"""Documents as a store can keep them."""

from haystack import Document

from haystack_integrations.components.embedders.qwen3.storable_documents import storable_documents


def test_a_lone_surrogate_becomes_the_replacement_character_in_content_and_meta():
    meta = {"title": "half \ud835", "tags": ["ok", "\udc00"], "more": {"k\ud800": 3}}
    document = Document(id="one", content="a \ud835 b", meta=meta)
    (found,) = storable_documents([document])
    assert found.content == "a \ufffd b"
    assert found.meta == {"title": "half \ufffd", "tags": ["ok", "\ufffd"], "more": {"k\ufffd": 3}}
    assert found.id == "one"
    assert document.content == "a \ud835 b"  # the given one is unchanged


def test_whole_documents_are_the_same_objects():
    documents = [Document(content="fine \U0001d53c", meta={"n": 3}), Document(content=None)]
    found = storable_documents(documents)
    assert all(one is other for one, other in zip(documents, found, strict=True))
