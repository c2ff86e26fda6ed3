import pytest

from qwen3_embed_integrations.rag.corpora.blocks import Block, ParsedDocument
from qwen3_embed_integrations.rag.corpora.loaders.html import html_blocks
from qwen3_embed_integrations.rag.corpora.units import document_units


def count(texts):
    return [1 for _ in texts]


@pytest.mark.parametrize(
    ("page", "texts"),
    [
        ("a<br>b", ["a\nb"]),
        ("<p>a</p>b<p>c", ["a", "b", "c"]),
        ("<ul><li>a<ul><li>b</li></ul></li></ul>", ["- a", "- b"]),
        ("<p>x<sub>2</sub><em>y</em> z</p>", ["x2y z"]),
        ("<p style='display: none'>no</p><p aria-hidden='true'>no</p>yes", ["yes"]),
        ("<h2>Name<a href='#x'>\u00b6</a></h2>", ["Name"]),
        (
            "<dl><dt>-m<dt>--move<dd>Rename.<dt>-d<dd>Delete.</dl>after",
            ["-m, --move", "Rename.", "-d", "Delete.", "after"],
        ),
        ("<dl><dt>term without definition</dl>", ["term without definition"]),
        ("<dt>term without list<dd>text", ["term without list", "text"]),
        ("<table><tr><td>a</td></tr></table>after", ["a", "after"]),
        ("", []),
        ("<!-- only -->", []),
        ("<title>T</title><script>x()</script><main><p>no body</p></main>", ["no body"]),
    ],
)
def test_texts_are_what_a_browser_shows(page, texts):
    assert [block.text for block in html_blocks(page)[1]] == texts


def test_the_title_is_closed_where_the_page_forgot_it():
    assert html_blocks("<title>A\n<p>text</p>")[0] == "A"
    assert html_blocks("<title>A & B</title>text")[0] == "A & B"


@pytest.mark.parametrize(
    ("title", "heading", "expected"),
    [
        ("csv — Reading — Python 3.11 documentation", "csv — Reading¶", "csv — Reading"),  # the site's name
        ("csv(1)", "csv(1) Manual Page", "csv(1) Manual Page"),
        ("Our handbook", "Travel", "Our handbook"),
        ("Our handbook", "", "Our handbook"),
        ("", "Travel", "Travel"),
    ],
)
def test_the_title_is_the_main_heading_unless_it_says_something_else(title, heading, expected):
    assert html_blocks(f"<title>{title}</title><h1>{heading}</h1><p>text</p>")[0] == expected


def test_a_term_is_the_heading_of_its_definition_until_the_list_ends():
    _, blocks = html_blocks(
        "<h2>Options</h2><dl><dt>-m<dd><p>Move.<dl><dt>fast<dd>At once.</dl>Outer again.<dt>-d<dd>Delete.</dl><p>Below."
    )
    paths = {
        unit.text: unit.path for unit in document_units(ParsedDocument("a.html", "", tuple(blocks)), 99, 99, count)
    }
    assert paths["Move."] == ("Options", "-m")
    assert paths["At once."] == ("Options", "-m", "fast")
    assert paths["Outer again."] == ("Options", "-m")
    assert paths["Delete."] == ("Options", "-d")
    assert paths["Below."] == ("Options",)


def test_a_list_of_definitions_without_a_heading_has_no_title_in_it():
    _, blocks = html_blocks("<dl><dt>-m<dd>Move.</dl>")
    assert blocks[0] == Block("-m", "heading", level=7)
