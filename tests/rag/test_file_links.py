from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from qwen3_embed_integrations.rag.file_links import file_url


@pytest.fixture
def root(tmp_path):
    for name in ("guide.pdf", "sub/page.html", "a b\x1b]8;;x\x07 ü#?%.txt"):
        path = tmp_path / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    (tmp_path / "outside.txt").write_text("x")
    return tmp_path / "docs"


def test_a_pdf_opens_at_its_page_and_a_page_at_its_anchor(root):
    assert file_url(root, "guide.pdf", {"page": 3}) == f"{(root / 'guide.pdf').as_uri()}#page=3"
    assert file_url(root, "sub/page.html", {"anchor": "csv.reader"}).endswith("/sub/page.html#csv.reader")
    assert file_url(root / "guide.pdf", "guide.pdf", {}) == (root / "guide.pdf").as_uri()


def test_a_name_is_percent_encoded_and_leads_to_the_file(root):
    (name,) = [path.name for path in root.iterdir() if path.suffix == ".txt"]
    url = file_url(root, name, {})
    assert url.isascii()
    assert url.isprintable()
    assert not set(" ;\x1b\x07#?") & set(url)
    assert Path(unquote(urlsplit(url).path)) == root / name


@pytest.mark.parametrize("anchor", ["x\x1b]8;;http://evil\x07", "a b", "../../x", "x" * 300, "ü", 7])
def test_no_text_of_a_document_gets_into_a_link_but_plain_anchors(root, anchor):
    assert file_url(root, "sub/page.html", {"anchor": anchor}) == (root / "sub/page.html").as_uri()


@pytest.mark.parametrize("source", ["../outside.txt", "/etc/hostname", "sub/../../outside.txt", "gone.txt", "", "sub"])
def test_what_is_no_file_of_the_folder_has_no_link(root, source):
    assert file_url(root, source, {}) == ""
