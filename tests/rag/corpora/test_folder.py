import os
import socket

import pytest

from document_files import FACT, FILES, pdf, write_files, written
from qwen3_embed_integrations.core.errors import ConfigError, RagError
from qwen3_embed_integrations.rag.corpora.folder import folder_corpus, unknown_files
from rag_documents import chunks_of


def text_of(document):
    return "\n\n".join(block.text for block in document.blocks)


def texts(corpus):
    return {document.source: text_of(document) for document in corpus.documents}


def test_every_format_is_read_and_holds_its_sentence(tmp_path):
    write_files(tmp_path)
    corpus = folder_corpus(tmp_path)
    found = texts(corpus)
    assert corpus.skipped == ()
    assert found.keys() == FILES.keys()
    assert [name for name, text in found.items() if FACT not in text] == []


def test_sources_are_paths_below_the_folder(docs):
    assert texts(folder_corpus(docs)).keys() == {"billing.md", "hours.txt", "travel/trains.rst", "travel/page.html"}
    assert texts(folder_corpus(docs / "billing.md")).keys() == {"billing.md"}


def test_titles_come_from_heading_title_tag_or_file_name(docs):
    titles = {document.source: document.title for document in folder_corpus(docs).documents}
    assert titles["billing.md"] == "Billing"
    assert titles["travel/page.html"] == "Hotels"
    assert titles["hours.txt"] == "hours"


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("data.txt", b"\x00\x01\x02" * 50, "is binary data"),
        ("page.html", b"\x7fELF\x00\x00", "is binary data"),
        ("odd.txt", b"r\xe9sum \x81\x8d\x9d", "is text in an encoding that can't be told"),
        ("cut.pdf", b"%PDF-1.4 and then nothing", "is no PDF that can be read"),
        ("cut.docx", b"PK\x03\x04 and then nothing", "is damaged"),
        ("old.xls", b"\xd0\xcf\x11\xe0 and then nothing", "is no spreadsheet that can be read"),
        ("cut.ipynb", b"{}", "is no notebook"),
        ("note.eml", b"Hello", "is no e-mail"),
    ],
)
def test_an_unreadable_file_is_refused_by_name_with_the_way_out(docs, name, data, reason):
    (docs / name).write_bytes(data)
    with pytest.raises(RagError, match=rf"{name} {reason}.*--skip-unreadable"):
        folder_corpus(docs)


def test_skipped_files_are_named_and_the_rest_is_read(docs, caplog):
    (docs / "data.txt").write_bytes(b"\x00\x01")
    (docs / "empty.md").write_text("  \n")
    (docs / "empty.html").write_bytes(b"")
    corpus = folder_corpus(docs, skip_unreadable=True)
    assert corpus.skipped == ("data.txt is binary data, no text", "empty.html is empty", "empty.md is empty")
    assert len(corpus.documents) == 4
    assert caplog.records == []


def test_files_of_unknown_kind_are_counted_by_suffix(docs):
    for name in ("a.png", "b.PNG", "c.bin", "blob"):
        (docs / name).write_bytes(b"\x89PNG\x00\x00\x01")
    (docs / "d.svg").write_text("<svg/>")
    corpus = folder_corpus(docs)
    assert dict(corpus.unknown) == {".png": 2, ".bin": 1, "": 1, ".svg": 1}
    assert unknown_files([(".png", 2), ("", 1)]) == "2 .png, 1 without suffix"
    assert len(corpus.documents) == 4


def test_what_is_no_regular_file_is_counted_and_not_waited_for(docs):
    (docs / "gone.md").symlink_to(docs / "nowhere.md")
    os.mkfifo(docs / "pipe.txt")
    os.mkfifo(docs / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(docs / "s.txt"))
        corpus = folder_corpus(docs)
    assert dict(corpus.unknown) == {"dangling (a link to nothing)": 1, "special (pipe, socket or device)": 3}
    assert len(corpus.documents) == 4


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
        (lambda path: path.mkdir(), "No text was found"),
        (lambda path: (path.mkdir(), (path / "a.md").touch()), r"No text was found.*a\.md is empty"),
        (lambda path: path.write_bytes(b"\0\1"), "not read: 1 without suffix"),
        (os.mkfifo, r"not read: 1 special \(pipe, socket or device\)"),
    ],
)
def test_a_place_without_documents_is_refused(tmp_path, make, message):
    make(tmp_path / "place")
    with pytest.raises(RagError, match=message):
        folder_corpus(tmp_path / "place", skip_unreadable=True)


def test_a_name_that_is_no_utf8_is_shown_with_a_replacement(docs):
    with open(os.fsencode(docs) + b"/caf\xe9.txt", "w") as file:  # noqa: PTH123 - a name in bytes
        file.write("Coffee is free.")
    assert texts(folder_corpus(docs))["caf\ufffd.txt"] == "Coffee is free."


def test_names_that_could_act_on_a_terminal_are_escaped_in_messages(docs):
    (docs / "a\x1b[2J\u202e\n.txt").write_bytes(b"\0\1")
    corpus = folder_corpus(docs, skip_unreadable=True)
    assert corpus.skipped == (r"a\x1b[2J\u202e\n.txt is binary data, no text",)


def test_an_unreadable_folder_is_named_and_can_be_left_out(docs, monkeypatch):
    def list_folder(path):
        if os.fspath(path).endswith("travel"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    real = os.scandir
    monkeypatch.setattr(os, "scandir", list_folder)  # root may read every folder
    with pytest.raises(RagError, match=r"travel can't be listed .Permission denied"):
        folder_corpus(docs)
    corpus = folder_corpus(docs, skip_unreadable=True)
    assert corpus.skipped == ("travel can't be listed (Permission denied)",)
    assert len(corpus.documents) == 2


def test_other_readers_come_first(docs, tmp_path, monkeypatch):
    (tmp_path / "my_readers.py").write_text(
        "def read(path):\n    print('noise')\n    return f'Read {path.name} my way.'\n"
    )
    (docs / "a.xyz").write_bytes(b"\0\0")
    monkeypatch.chdir(tmp_path)
    found = texts(folder_corpus(docs, given_readers={"xyz": "my_readers:read", "md": "my_readers:read"}))
    assert found["a.xyz"] == "Read a.xyz my way."
    assert found["billing.md"] == "Read billing.md my way."


def test_a_reader_that_does_not_exist_is_one_error(docs):
    with pytest.raises(ConfigError, match=r"'no_such_module:read' can't be loaded.*module:function"):
        folder_corpus(docs, given_readers={"md": "no_such_module:read"})


def test_chunks_of_a_long_file_are_titled_and_always_the_same(docs):
    (docs / "long.md").write_text("# Long story\n\n" + " ".join(f"Then came day {number}." for number in range(400)))
    chunks = chunks_of(folder_corpus(docs).documents)
    long = [chunk for chunk in chunks.values() if chunk.source == "long.md"]
    assert len(long) > 3
    assert {chunk.header for chunk in long} == {"Long story"}
    assert chunks == chunks_of(folder_corpus(docs).documents)


def test_pages_of_a_pdf_are_cited(tmp_path):
    (tmp_path / "a.pdf").write_bytes(written(pdf("One " * 9, FACT, title="Rules", outline={"Costs": 1})))
    (document,) = folder_corpus(tmp_path).documents
    assert document.title == "Rules"
    assert [(block.kind, block.page) for block in document.blocks] == [
        ("paragraph", 1),
        ("heading", 2),
        ("paragraph", 2),
    ]


def test_markup_inside_a_text_suffix_is_read_as_markup(tmp_path):
    (tmp_path / "page.rst.txt").write_text("Title\n=====\n\n.. note:: Mind it.\n")
    (tmp_path / "page.v2.txt").write_text("Title\n=====\n")
    kinds = {one.source: [block.kind for block in one.blocks] for one in folder_corpus(tmp_path).documents}
    assert kinds == {"page.rst.txt": ["heading", "paragraph"], "page.v2.txt": ["paragraph"]}


def test_files_that_did_not_change_are_not_read_again(docs):
    memory = {}
    folder_corpus(docs, memory=memory)
    kept = {one.source: one for one in memory_documents(memory)}
    (docs / "hours.txt").write_text("Open on Sunday.")
    (docs / "billing.md").unlink()
    second = folder_corpus(docs, memory=memory)
    assert {one.source: kept[one.source] is one for one in memory_documents(memory)} == {
        "hours.txt": False,
        "travel/page.html": True,
        "travel/trains.rst": True,
    }
    assert texts(second)["hours.txt"] == "Open on Sunday."


def memory_documents(memory):
    return [document for _, document in memory.values()]


def test_a_script_that_a_program_wrote_is_counted_and_not_read(tmp_path):
    (tmp_path / "index.js").write_text(f"Search.setIndex({{{'a:1,' * 100}}})\n")
    (tmp_path / "own.js").write_text("function costs() {\n  return 30;\n}\n")
    corpus = folder_corpus(tmp_path)
    assert [document.source for document in corpus.documents] == ["own.js"]
    assert corpus.unknown == ((".js", 1),)
