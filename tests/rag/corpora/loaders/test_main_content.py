import pytest

from qwen3_embed_integrations.rag.corpora.loaders.html import html_blocks, read_html

MENU = (
    "<ul>"
    + "".join(f"<li><a href='{name}.html'>{name}</a></li>" for name in ("Home", "News", "Shop", "Help"))
    + "</ul>"
)
TEXT = "<p>The pump is serviced every second spring, and its filter is changed then.</p>"


def texts(page):
    return [block.text for block in html_blocks(page, is_page=True)[1]]


@pytest.mark.parametrize(
    "page",
    [
        f"<body><nav>{MENU}</nav>{TEXT}</body>",
        f"<body><div role=navigation>Prev Next</div>{TEXT}</body>",
        f"<body><div class='left sidebar'>{MENU}</div>{TEXT}</body>",
        f"<body><header><a href=/>Logo</a></header>{TEXT}<aside>Ads</aside><footer>© us</footer></body>",
        f"<body>Top<div><main>{TEXT}</main> beside</div>Bottom</body>",
        f"<body><div class=related>x</div><div class=body role=main>{TEXT}</div><div>{MENU}</div></body>",
        f"<body><p>Teaser</p><article>{TEXT}</article></body>",
        f"<body><script>{'var x = 1;' * 500}</script><main>{TEXT}</main>and more",
    ],
)
def test_only_the_main_content_of_a_page_is_read(page):
    assert texts(page) == ["The pump is serviced every second spring, and its filter is changed then."]


@pytest.mark.parametrize(
    "page",
    [
        f"<nav>{TEXT}</nav>",  # all of the page
        f"<div class='menu'>{TEXT}</div>",  # a name alone is no reason: this menu has no links
        f"<main></main>{TEXT}",
        f"<header><h1>Pumps</h1></header>{TEXT}",
        f"<main><aside>{TEXT}</aside></main>",  # an aside of the article is part of it
        f"{TEXT}<div class='toc'><a href=x>One</a> of the chapters, which tells of filters at length.</div>",
    ],
)
def test_text_is_not_taken_for_navigation(page):
    assert any("pump is serviced" in text for text in texts(page)) or "<nav>" in page
    assert len(texts(page)) == len(html_blocks(page)[1]) or "<nav>" in page


def test_text_after_a_removed_element_stays():
    assert texts(f"<p>a</p><aside>x</aside>tail<nav>{MENU}</nav> more{TEXT}")[:2] == ["a", "tail more"]


def test_lists_of_links_are_marked_and_other_lists_are_not():
    many = "".join(f"<li><a href='{n}'>Chapter {n}</a></li>" for n in range(9))
    page = f"<main>{TEXT * 9}<ul>{many}</ul><ul><li>Buy <a href=x>oil</a> for the pump</li></ul></main>"
    kinds = {block.text: block.kind for block in html_blocks(page, is_page=True)[1]}
    assert kinds["- Chapter 3"] == "links"
    assert kinds["- Buy oil for the pump"] == "list"
    assert {block.kind for block in html_blocks(page)[1]} == {"paragraph", "list"}  # in a mail nothing is navigation


def test_a_block_knows_the_anchor_that_opens_the_page_there(tmp_path):
    page = tmp_path / "csv.html"
    page.write_text(
        "<p>Before.</p><section id=contents><h2>Contents</h2><dl><dt id='csv.reader'>csv.reader(file)\u00b6</dt>"
        "<dd>Return a reader.</dd></dl></section><a name=old></a><p>Old style.</p>"
    )
    found = {block.text: block.anchor for block in read_html(page)[1]}
    assert found == {
        "Before.": None,
        "Contents": "contents",
        "csv.reader(file)": "csv.reader",
        "Return a reader.": "csv.reader",
        "Old style.": "old",
    }


def test_a_page_nested_deeper_than_python_recurses_is_read():
    assert "deep" in " ".join(texts(f"{'<div>' * 3000}deep{'</div>' * 3000}"))
