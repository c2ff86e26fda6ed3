import os
import socket

import pytest
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from qwen3_embed_integrations.core.errors import RagError
from qwen3_embed_integrations.rag.corpora.corpus import CHUNK_CHARACTERS, chunks_by_id
from qwen3_embed_integrations.rag.corpora.folder import folder_corpus


def texts(corpus):
    return {document.metadata["source"]: document.page_content for document in corpus.documents}


@pytest.fixture
def pdf(tmp_path):
    """A sound PDF of one page with text."""
    writer = PdfWriter()
    page = writer.add_blank_page(300, 100)
    names = {key: NameObject(f"/{key}") for key in ("Type", "Font", "Subtype", "Type1", "BaseFont", "Helvetica", "F1")}
    font = DictionaryObject({names["Type"]: names["Font"], names["Subtype"]: names["Type1"]})
    font[names["BaseFont"]] = names["Helvetica"]
    page[NameObject("/Resources")] = DictionaryObject({names["Font"]: DictionaryObject({names["F1"]: font})})
    content = DecodedStreamObject()
    content.set_data(b"BT /F1 12 Tf 10 50 Td (Meals are paid up to 30 euros) Tj ET")
    page[NameObject("/Contents")] = writer._add_object(content)
    writer.write(tmp_path / "meals.pdf")
    return tmp_path / "meals.pdf"


def test_every_known_format_is_read_below_the_folder(docs, pdf):
    (docs / "meals.pdf").write_bytes(pdf.read_bytes())
    found = texts(folder_corpus(docs))
    assert found.keys() == {"billing.md", "hours.txt", "travel/trains.rst", "travel/page.html", "meals.pdf p. 1"}
    assert "Meals are paid up to 30 euros" in found["meals.pdf p. 1"]
    assert "company rate" in found["travel/page.html"]
    assert "x()" not in found["travel/page.html"]


def test_titles_come_from_heading_title_tag_or_file_name(docs):
    titles = {document.metadata["source"]: document.metadata["title"] for document in folder_corpus(docs).documents}
    assert titles["billing.md"] == "Billing"
    assert titles["travel/page.html"] == "Hotels"
    assert titles["hours.txt"] == "hours"


def test_text_of_no_known_encoding_is_unreadable(tmp_path):
    (tmp_path / "odd.txt").write_bytes(b"r\xe9sum \x81\x8d\x9d")
    with pytest.raises(RagError, match=r"odd\.txt is text in an encoding that is neither"):
        folder_corpus(tmp_path)


def test_empty_files_are_named_and_nothing_else_is_said(tmp_path, caplog):
    for name in ("a.txt", "b.html"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "c.html").write_bytes(b"<p>r\xe9sum \x81\x8d is open</p>")
    assert folder_corpus(tmp_path).skipped == ("a.txt is empty", "b.html is empty")
    assert caplog.records == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1252"])
def test_a_text_reads_alike_in_every_usual_encoding(tmp_path, encoding):
    (tmp_path / "menu.txt").write_bytes("Crème brûlée à 5 €\n".encode(encoding))
    assert texts(folder_corpus(tmp_path))["menu.txt"].strip() == "Crème brûlée à 5 €"


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("data.txt", b"\x00\x01\x02" * 50, "is binary data"),
        ("page.html", b"\x7fELF\x00\x00", "is binary data"),
        ("cut.pdf", b"%PDF-1.4 and then nothing", "is no PDF that pypdf can read"),
    ],
)
def test_an_unreadable_file_is_refused_by_name_with_the_way_out(docs, name, data, reason):
    (docs / name).write_bytes(data)
    with pytest.raises(RagError, match=rf"{name} {reason}.*--skip-unreadable"):
        folder_corpus(docs)


def test_skipped_files_are_named_and_the_rest_is_read(docs):
    (docs / "data.txt").write_bytes(b"\x00\x01")
    (docs / "empty.md").write_text("  \n")
    corpus = folder_corpus(docs, skip_unreadable=True)
    assert corpus.skipped == ("data.txt is binary data, no text", "empty.md is empty")
    assert len(corpus.documents) == 4


def test_a_pdf_without_text_is_refused(tmp_path):
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.write(tmp_path / "scan.pdf")
    with pytest.raises(RagError, match="without text, perhaps a scan"):
        folder_corpus(tmp_path)


def test_a_protected_pdf_is_refused(pdf):
    writer = PdfWriter(clone_from=pdf)
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(pdf)
    with pytest.raises(RagError, match=r"meals\.pdf is no PDF that pypdf can read"):
        folder_corpus(pdf)


def test_what_is_no_regular_file_is_refused_and_not_waited_for(docs):
    (docs / "gone.md").symlink_to(docs / "nowhere.md")
    os.mkfifo(docs / "pipe.txt")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(docs / "s.txt"))
        with pytest.raises(
            RagError, match=r"gone\.md is no regular file.*pipe\.txt is no regular.*s\.txt is no regular"
        ):
            folder_corpus(docs)


def test_linked_folders_are_read_once_and_loops_end(docs, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "more.md").write_text("# More\n\nMore text.")
    (docs / "link").symlink_to(tmp_path / "other")
    (docs / "travel" / "loop").symlink_to(docs)
    assert texts(folder_corpus(docs)).keys() == {
        "billing.md",
        "hours.txt",
        "link/more.md",
        "travel/page.html",
        "travel/trains.rst",
    }


def test_hidden_files_and_folders_are_passed_over(docs):
    (docs / ".git").mkdir()
    (docs / ".git" / "note.txt").write_text("not for readers")
    (docs / ".draft.md").write_text("not yet")
    assert len(folder_corpus(docs).documents) == 4


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "does not exist"),  # noqa: ARG005 - nothing is made
        (lambda path: path.mkdir(), r"holds no \.md.*files"),
        (lambda path: (path.mkdir(), (path / "a.md").touch()), r"No text was found.*a\.md is empty"),
        (lambda path: path.write_text("x"), "is of no format that can be read"),
    ],
)
def test_a_place_without_documents_is_refused(tmp_path, make, message):
    make(tmp_path / "place")
    with pytest.raises(RagError, match=message):
        folder_corpus(tmp_path / "place")


def test_chunks_are_short_titled_and_named_by_their_content(docs):
    (docs / "long.md").write_text("# Long story\n\n" + " ".join(f"Then came day {number}." for number in range(400)))
    chunks = chunks_by_id(folder_corpus(docs).documents)
    long = [chunk for chunk in chunks.values() if chunk.metadata["source"] == "long.md"]
    assert len(long) > 5
    assert all("Long story" in chunk.page_content.partition("\n")[0] for chunk in long)
    assert all(len(chunk.page_content) <= CHUNK_CHARACTERS + len("Long story\n\n") for chunk in long)
    assert chunks == chunks_by_id(folder_corpus(docs).documents)
