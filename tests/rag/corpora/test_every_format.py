"""Every format in one folder, each with a sentence of its own, which its question finds and cites at its place."""

import pytest

from document_files import FILES
from qwen3_embed_integrations.langchain import Qwen3Embeddings
from qwen3_embed_integrations.rag.corpora.corpus import chunks_by_id
from qwen3_embed_integrations.rag.corpora.folder import folder_corpus
from qwen3_embed_integrations.rag.index import open_index
from qwen3_embed_integrations.rag.retrieval import Retriever

THINGS = [
    "ladder",
    "drill",
    "lantern",
    "compass",
    "anchor",
    "kettle",
    "violin",
    "hammock",
    "sledge",
    "telescope",
    "typewriter",
    "wheelbarrow",
    "umbrella",
    "accordion",
    "chessboard",
    "microscope",
    "trumpet",
    "canoe",
    "parachute",
    "thermometer",
    "globe",
    "saddle",
    "harpoon",
    "loom",
    "bellows",
    "abacus",
    "sundial",
    "tambourine",
    "kayak",
    "easel",
    "metronome",
    "periscope",
    "wok",
    "stapler",
    "mandolin",
    "didgeridoo",
    "hourglass",
    "gramophone",
    "pickaxe",
    "snorkel",
    "barometer",
]
HEADINGS = {
    **dict.fromkeys(("a.md", "a.mdx", "a.rst", "a.html", "a.epub", "a.ipynb"), "Costs"),
    **dict.fromkeys(("a.docx", "a.odt", "a.rtf", "bom.md"), "Costs"),
    "terms.html": "Term",
    "a.eml": "Re: Spesen ü",
    "a.mbox": "Re: Spesen ü",
    "a.py": "costs",
    "a.js": "costs",
    "a.pptx": "Costs",
    "a.odp": "Costs",
}
PLACES = {
    "a.pdf": "pp. 1-2",
    "a.pptx": "slide 2",
    "a.odp": "slide 1",
    "a.xlsx": "sheet Limits, cells A1:B2",
    "a.ods": "sheet Limits, cells A1:A1",
    "a.ipynb": "cells 1-2",
}
THING_OF = dict(zip(FILES, THINGS, strict=False))


@pytest.fixture(scope="module")
def retriever(tmp_path_factory):
    folder = tmp_path_factory.mktemp("formats")
    for name, thing in THING_OF.items():
        content = FILES[name](f"The {thing} is kept behind door {len(name)} of the {thing} room.")
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    corpus = folder_corpus(folder)
    assert not corpus.skipped
    assert not corpus.unknown
    embeddings = Qwen3Embeddings(model="tiny")

    def count(texts):
        return [int(n) - 1 for n in embeddings.encoder.count_tokens(texts)]

    with open_index(tmp_path_factory.mktemp("ix"), embeddings, corpus="formats") as index:
        index.sync(chunks_by_id(corpus.documents, count))
        yield Retriever(index, embeddings.encoder)


def test_there_are_forty_formats_and_variants():
    assert len(THING_OF) == len(FILES) == 40


@pytest.mark.parametrize("name", FILES)
def test_a_sentence_is_found_by_its_question_and_cited_at_its_place(retriever, name):
    question = f"Where is the {THING_OF[name]} kept?"
    (embedding,) = retriever.encoder.encode_query([question]).tolist()
    best = retriever.retrieve(question, embedding, n_candidates=5).passages[0]
    assert best.source == name
    assert THING_OF[name] in best.text
    assert best.location == PLACES.get(name, best.location)
    assert (best.headings or (best.title,))[-1] == HEADINGS.get(name, (best.headings or (best.title,))[-1])
