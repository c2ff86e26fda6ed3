"""One odd file never stops or poisons a folder: it is read as a person sees it, or refused by name."""

import base64
import json

import pytest

from document_files import FACT, docx, epub, opendocument, pdf, word_paragraph, written, xlsx, zipped
from qwen3_embed_integrations.core.errors import RagError
from qwen3_embed_integrations.rag.corpora.folder import folder_corpus
from rag_documents import chunks_of

LAUGHS = '<!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'


def read(folder, name, data, **options):
    """Return the document in a file of this name and content."""
    folder.joinpath(name).write_bytes(data if isinstance(data, bytes) else data.encode())
    (document,) = folder_corpus(folder, **options).documents
    return document


def text_of(document):
    return "\n\n".join(block.text for block in document.blocks)


def refused(folder, name, data, **options):
    """Return the reason why a file is left out, while its neighbour is read."""
    folder.joinpath(name).write_bytes(data if isinstance(data, bytes) else data.encode())
    (folder / "zz.txt").write_text(FACT)
    corpus = folder_corpus(folder, skip_unreadable=True, **options)
    assert [document.source for document in corpus.documents] == ["zz.txt"]
    (reason,) = corpus.skipped
    return reason


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("---\ntitle: Guide\n---\n\n```bash\n# install first\n```\n\n# Guide\n\ntext", "Guide"),
        ("```bash\n# install first\n```\n\ntext", "a"),
        ("~~~\n# no heading\n```\n# neither\n~~~\n\n# Guide\n\ntext", "a"),
        ("# Guide\n\n```\n# no heading\n```", "Guide"),
        ('+++\ntitle = "Guide"\n+++\ntext', "Guide"),
        ("Guide\n=====\n\ntext", "Guide"),
        ("#" + " long" * 20_000 + "\n\ntext", "a"),
        ("#hashtag is no heading\n\ntext", "a"),
        ("---\n\n# Guide\n\ntext\n\n---\n", "a"),
        ("- ```\n  # in an item\n  ```\n\n# Guide\n\ntext", "a"),
        ("<!-- A licence\n# no heading\n-->\n# Guide\n\ntext", "Guide"),
    ],
)
def test_the_title_of_markdown_is_the_one_that_a_reader_sees(tmp_path, text, title):
    assert read(tmp_path, "a.md", text).title == title


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.rst", "a.html", "a.csv", "a.py"])
def test_line_ends_change_no_chunk(tmp_path, name):
    text = "# One\n\nA line that is\nwrapped by hand.\n\n- an item,\n  wrapped\n\n    code\n\nThe end, twice." * 30
    found = [chunks_of([read(tmp_path, name, text.replace("\n", end))]) for end in ("\n", "\r\n", "\r")]
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("gb18030", "退款政策：三十天内申请全额退款。"),
        ("cp1251", "Возврат товара возможен в течение тридцати дней."),
        ("koi8-r", "Возврат товара возможен в течение тридцати дней."),
        ("shift_jis", "請求書は毎月一日に送付されます。カードでお支払いいただけます。"),
        ("iso2022_jp", "請求書は毎月一日に送付されます。"),
        ("cp850", "Les factures sont envoyées le premier jour de chaque mois. Crème brûlée à cinq euros."),
        ("euc-kr", "청구서는 매월 첫째 날에 발송됩니다. 카드로 결제할 수 있습니다."),
        ("big5", "發票在每個月的第一天寄出。退款政策：三十天內可申請全額退款。"),
        ("cp1253", "Τα τιμολόγια αποστέλλονται την πρώτη ημέρα κάθε μήνα."),
        ("cp1250", "Faktury są wysyłane pierwszego dnia każdego miesiąca, proszę zapłacić kartą."),
        ("windows-1252", "Crème brûlée à 5 €"),
        ("utf-16-le", "Crème brûlée à 5 €"),
        ("utf-16-be", "Crème brûlée à 5 €"),
        ("utf-32", "Crème brûlée à 5 €"),
        ("utf-8-sig", "Crème brûlée à 5 €"),
    ],
)
def test_a_text_reads_alike_in_every_encoding(tmp_path, encoding, text):
    assert text_of(read(tmp_path, "a.txt", text.encode(encoding))) == text


def test_a_declared_encoding_is_used(tmp_path):
    page = '<meta charset="windows-1251"><p>Счёт</p>'.encode("cp1251")
    assert text_of(read(tmp_path, "a.html", page)) == "Счёт"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("Straße\n".encode() * 5 + "Straße".encode("latin-1"), "Straße\n" * 5 + "Stra\ufffde"),
        ("退款政策：三十天内申请全额退款。".encode()[:-1], "退款政策：三十天内申请全额退款\ufffd"),
        ("Rückgabe\n".encode() * 50 + b"\xff", "Rückgabe\n" * 50 + "\ufffd"),
        ("Größe \ud835\udc00".encode("utf-8", "surrogatepass"), "Größe 𝐀"),
    ],
    ids=["a line of another encoding", "cut", "a stray byte", "surrogate pairs"],
)
def test_utf8_with_a_few_odd_bytes_is_not_read_as_western_letters(tmp_path, data, text):
    assert text_of(read(tmp_path, "a.txt", data)) == text


def test_a_stray_nul_is_one_odd_character(tmp_path):
    assert text_of(read(tmp_path, "a.txt", b"Meals are\0 paid.")) == "Meals are\ufffd paid."


@pytest.mark.parametrize(
    "page",
    [
        "<![x y <p>text</p>",
        "<title>Long<p>text</p>" + "<p>more words</p>" * 6000,
        "<div>" * 3000 + "text",
        "<p>te<b>x</b>t",
        "<p>t&shy;e&#8203;x&#8288;t",
        "<p>t<wbr>e<span hidden>no</span>x<!-- no -->t</p><script>no()</script><nav>no</nav>",
        "<!doctype html><html><head><title>T</title></head><body>text</body></html>",
        "\ud83d text".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
    ],
)
def test_an_odd_page_is_read_and_words_stay_whole(tmp_path, page):
    document = read(tmp_path, "a.html", page)
    assert "text" in text_of(document)
    assert "no" not in text_of(document).split()
    assert len(document.title) <= 200
    assert sum(len(chunk.embedded) for chunk in chunks_of([document]).values()) < 3 * len(page) + 200


def test_what_nobody_sees_parts_no_word(tmp_path):
    assert text_of(read(tmp_path, "a.txt", "time\u00ad\ntable, zero\u200bwidth")) == "timetable, zerowidth"
    assert text_of(read(tmp_path, "a.txt", "ខ្ញុំ\u200bចង់")) == "ខ្ញុំ\u200bចង់"  # Khmer's words are parted by it
    assert text_of(read(tmp_path, "a.txt", "می\u200cخواهم")) == "می\u200cخواهم"


def test_html_blocks_are_what_a_browser_shows(tmp_path):
    page = (
        "<h1>A<br>title</h1><ul><li>one</li><li>two</li></ul><pre>a\n  b</pre>"
        "<table><tr><th>x</th><th>y</th></tr><tr><td>1</td><td><p>2</p></td></tr></table>"
    )
    blocks = [(block.kind, block.text) for block in read(tmp_path, "a.html", page).blocks]
    assert blocks == [
        ("heading", "A title"),
        ("list", "- one"),
        ("list", "- two"),
        ("code", "a\n  b"),
        ("table", "x | y\n1 | 2"),
    ]


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256"])
def test_a_pdf_with_an_empty_password_is_read(tmp_path, algorithm):
    writer = pdf(FACT)
    writer.encrypt("", "owner", algorithm=algorithm)
    assert FACT in text_of(read(tmp_path, "a.pdf", written(writer)))


def test_a_protected_pdf_and_a_scan_are_named(tmp_path):
    writer = pdf(FACT)
    writer.encrypt("secret", algorithm="RC4-128")
    assert "is a PDF that is protected by a password" in refused(tmp_path, "a.pdf", written(writer))
    assert "without text, perhaps a scan" in refused(tmp_path, "a.pdf", written(pdf("")))


def test_a_file_that_takes_too_long_is_named_and_the_next_one_is_read(tmp_path, monkeypatch):
    (tmp_path / "slow_reader.py").write_text("import time\ndef read(path):\n    time.sleep(600)\n")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").mkdir()
    options = {"given_readers": {"slow": "slow_reader:read"}, "timeout_s": 2.0}
    assert refused(tmp_path / "docs", "a.slow", "x", **options) == "a.slow takes longer than 2 s to read"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import os; os._exit(3)", "ended the process that read it (exit code 3)"),
        ("bytearray(10**11)", "needs more than 2 GB of memory"),
        ("raise LookupError('odd')", "can't be read (LookupError: odd)"),
        ("return [1]", "was read as int"),
    ],
)
def test_a_reader_that_fails_costs_its_file_only(tmp_path, monkeypatch, code, reason):
    (tmp_path / "failing_reader.py").write_text(f"def read(path):\n    {code}\n")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").mkdir()
    found = refused(tmp_path / "docs", "a.bad", "x", given_readers={"bad": "failing_reader:read"})
    assert reason in found


@pytest.mark.parametrize("name", ["a.docx", "a.pptx", "a.xlsx", "a.odt", "a.epub"])
@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ({"x.xml": b"\0" * 3_000_000}, "inflates to over 200 times its size"),
        ({f"{n}": b"" for n in range(10_001)}, "holds 10,001 entries"),
    ],
)
def test_an_archive_that_inflates_too_far_is_named(tmp_path, name, entries, reason):
    assert reason in refused(tmp_path, name, zipped(entries))


def test_an_archive_whose_declared_size_is_wrong_is_named(tmp_path):
    data = zipped({"content.xml": b"\0" * 3_000_000})
    lying = data.replace((3_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert lying != data
    assert refused(tmp_path, "a.odt", lying).startswith("a.odt ")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.docx", docx(word_paragraph("&b;"), LAUGHS)),
        ("a.odt", opendocument("<office:text><text:p>&b;</text:p></office:text>", LAUGHS.replace(" w ", " x "))),
    ],
)
def test_entity_definitions_are_refused(tmp_path, name, data):
    assert "defines XML entities" in refused(tmp_path, name, data)


@pytest.mark.parametrize("suffix", ["json", "jsonl"])
def test_nested_or_broken_json_is_read(tmp_path, suffix):
    assert FACT in text_of(read(tmp_path, f"a.{suffix}", f"{{ {FACT}"))
    assert "[[[[" in text_of(read(tmp_path, f"a.{suffix}", "[" * 100_000))
    surrogate = json.dumps({"a": f"{FACT} \ud800"})
    assert f"{FACT} \ufffd" in text_of(read(tmp_path, f"a.{suffix}", surrogate))


def test_a_long_line_without_spaces_is_cut(tmp_path):
    document = read(tmp_path, "a.txt", base64.b64encode(bytes(range(256)) * 100))
    chunks = chunks_of([document])
    assert "".join(chunk.text for chunk in chunks.values()) in text_of(document) * 2
    assert len(chunks) > 10


def test_a_folder_of_bombs_names_every_one_and_reads_the_rest(tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.docx").write_bytes(zipped({"x.xml": b"\0" * 3_000_000}))
    (tmp_path / "book.epub").write_bytes(epub())
    (tmp_path / "sheet.xlsx").write_bytes(xlsx(5000))
    with pytest.raises(RagError, match=r"0\.docx inflates.*--skip-unreadable"):
        folder_corpus(tmp_path)
    corpus = folder_corpus(tmp_path, skip_unreadable=True)
    assert [document.source for document in corpus.documents] == ["book.epub", "sheet.xlsx"]
    assert len(corpus.skipped) == 3
