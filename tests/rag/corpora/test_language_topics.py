"""The topics of Python's help as documents."""

import sys

import pytest

from qwen3_embed_integrations.rag.corpora.language_topics import topic_documents


@pytest.fixture(scope="module")
def topics():
    return {document.source: document for document in topic_documents()}


def test_a_topic_is_named_as_its_help_is_asked_for_and_titled_by_its_heading(topics):
    assert topics['help("with")'].title == 'The "with" statement'
    assert len(topics) > 60


def test_headings_are_blocks_without_their_underlines(topics):
    blocks = topics['help("typesseq")'].blocks
    assert {block.level for block in blocks if block.kind == "heading"} >= {1}
    assert not [block for document in topics.values() for block in document.blocks if block.text.startswith("***")]
    assert [block for block in blocks if block.kind == "paragraph"]


def test_an_interpreter_without_topics_has_none(monkeypatch):
    monkeypatch.setitem(sys.modules, "pydoc_data.topics", None)
    assert topic_documents() == []
