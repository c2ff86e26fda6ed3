from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qwen3_embed_integrations import Qwen3Encoder
from qwen3_embed_integrations.rag.corpora.blocks import Block, ParsedDocument
from qwen3_embed_integrations.rag.corpora.chunking import ChunkOptions
from qwen3_embed_integrations.rag.corpora.corpus import chunks_by_id
from qwen3_embed_integrations.rag.corpora.loaders.markdown import markdown_blocks
from rag_documents import chunks_of, count_words

SMALL = ChunkOptions(tokens=40, overlap=8)


def heading(text, level=1):
    return Block(text, "heading", level=level)


def sentences(n, word="Word"):
    return " ".join(f"{word} {number} is here." for number in range(n))


def chunked(*blocks, options=SMALL, title="Doc"):
    return list(chunks_of([ParsedDocument("doc", title, blocks)], options).values())


def test_a_section_is_one_chunk_below_its_headings():
    (chunk,) = chunked(heading("Guide"), heading("Install", 2), Block("Run it."), options=ChunkOptions())
    assert (chunk.text, chunk.header, chunk.headings) == ("Run it.", "Doc > Guide > Install", ("Guide", "Install"))
    assert chunk.embedded == "Doc > Guide > Install\n\nRun it."


def test_the_title_is_not_said_twice():
    assert chunked(heading("Doc"), Block("Text."))[0].header == "Doc"
    assert chunked(Block("Doc(x)\n\nText."))[0].header == ""


def test_small_neighbours_merge_but_never_across_a_top_heading():
    blocks = [
        heading("A"),
        heading("B", 2),
        Block("One."),
        heading("C", 2),
        Block("Two."),
        heading("D"),
        Block("Three."),
    ]
    first, second = chunked(*blocks)
    assert first.text == "One.\n\nC\n\nTwo."
    assert (second.text, second.headings) == ("Three.", ("D",))


def test_a_lone_first_heading_is_the_title_and_the_next_level_is_the_top():
    texts = [
        chunk.text for chunk in chunked(heading("T"), heading("B", 2), Block("One."), heading("C", 2), Block("Two."))
    ]
    assert texts == ["One.", "Two."]


def test_a_long_section_is_cut_between_sentences_with_an_overlap_of_whole_ones():
    chunks = chunked(heading("A"), Block(sentences(40)))
    assert len(chunks) > 3
    for left, right in pairwise(chunks):
        last = left.text.rpartition("Word ")[2]
        assert right.text.startswith(f"Word {last}")
        assert right.start < left.end
        assert right.parent_id == left.parent_id
    assert [chunk.ordinal for chunk in chunks] == list(range(len(chunks)))


def test_there_is_no_overlap_between_sections():
    chunks = chunked(heading("A"), Block(sentences(9)), heading("B"), Block(sentences(9, "Other")))
    assert not [chunk for chunk in chunks if "Word" in chunk.text and "Other" in chunk.text]


def test_every_part_of_a_table_begins_with_its_header():
    table = "Item | Price\n" + "\n".join(f"Thing {number} | {number} euros" for number in range(60))
    chunks = chunked(Block(table, "table"))
    assert len(chunks) > 3
    assert all(chunk.text.startswith("Item | Price\n") for chunk in chunks)
    assert sum(chunk.text.count("Thing") for chunk in chunks) >= 60


def test_a_chinese_sentence_is_never_cut():
    text = "".join(f"第{number}个会议室在三楼的走廊尽头。" for number in range(30))
    options = ChunkOptions(tokens=40, overlap=8)
    document = ParsedDocument("a", "a", (Block(text),))
    chunks = chunks_by_id([document], lambda texts: [len(t) for t in texts], options).values()
    assert len(chunks) > 5
    assert all(chunk.text.startswith("第") and chunk.text.endswith("。") for chunk in chunks)


def test_pages_are_borders_only_where_asked_for():
    blocks = [Block("One.", page=1), Block("Two.", page=2)]
    assert [chunk.first.page for chunk in chunked(*blocks, options=ChunkOptions(by="page"))] == [1, 2]
    assert len(chunked(*blocks)) == 1


def test_sections_are_no_borders_where_not_asked_for():
    blocks = [heading("A"), Block("One."), heading("B"), Block("Two.")]
    assert [chunk.text for chunk in chunked(*blocks, options=ChunkOptions(by="tokens"))] == ["One.\n\nB\n\nTwo."]
    assert len(chunked(*blocks, options=ChunkOptions(by="document"))) == 1


def test_offsets_are_those_of_the_document_s_text():
    blocks = (heading("A"), Block(sentences(30)), heading("B"), Block("The end."))
    text = "\n\n".join(block.text for block in blocks)
    for chunk in chunked(*blocks):
        assert text[chunk.start : chunk.end] == chunk.text


block = st.builds(
    Block,
    st.text(st.sampled_from("ab .\n。|"), max_size=400).filter(lambda text: text.strip()),
    st.sampled_from(["paragraph", "table", "list", "code"]),
)
title = st.builds(heading, st.text("xyz ", min_size=1, max_size=200).filter(str.strip), st.integers(1, 4))


@settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=60)
@given(st.lists(st.one_of(block, title), max_size=20), st.sampled_from(["section", "page", "document", "tokens"]))
def test_no_chunk_is_too_long_and_no_text_is_lost(blocks, by):
    options = ChunkOptions(tokens=50, overlap=10, by=by)
    chunks = chunked(*blocks, options=options)
    assert all(count_words([chunk.embedded])[0] <= options.limit for chunk in chunks)
    words = {word for block in blocks if block.kind != "heading" for word in block.text.split() if len(word) < 40}
    assert words <= {word for chunk in chunks for word in chunk.text.split()}


def test_no_chunk_is_over_the_limit_by_the_model_s_own_tokens(checkpoint):
    encoder = Qwen3Encoder(model=str(checkpoint))
    text = "\n\n".join(f"## Part {n}\n\n{sentences(n * 7 % 90)} {'x' * (n * 31 % 900)} 三十天内。" for n in range(30))
    document = ParsedDocument("a", "A title " * 30, tuple(markdown_blocks(text)))
    options = ChunkOptions(tokens=100, overlap=15)
    chunks = chunks_by_id([document], lambda texts: [int(n) - 1 for n in encoder.count_tokens(texts)], options)
    assert max(encoder.count_tokens([chunk.embedded for chunk in chunks.values()])) <= options.limit
    assert max(encoder.count_tokens([chunk.header for chunk in chunks.values()])) <= 0.15 * options.tokens + 1


@pytest.mark.parametrize(("tokens", "limit"), [(400, 512), (50, 64)])
def test_the_limit_follows_the_length_aimed_at(tokens, limit):
    assert ChunkOptions(tokens=tokens).limit == limit
