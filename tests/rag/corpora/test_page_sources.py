from dataclasses import replace

import pytest

from qwen3_embed_integrations.rag.corpora.page_sources import merge_page_sources
from rag_documents import document

TEXT = " ".join(f"Part {n} of the pump costs {n * 3} euros and lasts {n} years." for n in range(20))
PAGE = document("library/pump.html", TEXT)


@pytest.mark.parametrize("source", ["_sources/library/pump.rst.txt", "library/pump.txt", "library/pump.md"])
def test_a_page_and_its_source_are_one_document(source):
    found = merge_page_sources([document(source, TEXT.replace("pump", "*pump*")), PAGE])
    assert found == [replace(PAGE, also=(source,))]


@pytest.mark.parametrize(
    "other",
    [
        document("other/pump.txt", TEXT),  # another folder
        document("library/pumps.txt", TEXT),  # another name
        document("library/pump.docx", TEXT),  # may be another version
        document("library/pump.txt", " ".join(f"Note {n}: the valve is never closed by hand." for n in range(30))),
        document("library/pump.txt", "Too short to tell."),
    ],
)
def test_other_files_stay_documents_of_their_own(other):
    assert merge_page_sources([PAGE, other]) == [PAGE, other]


def test_sources_without_a_page_stay():
    documents = [document("a.rst", TEXT), document("b.txt", TEXT)]
    assert merge_page_sources(documents) == documents
