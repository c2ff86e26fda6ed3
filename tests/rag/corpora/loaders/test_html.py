import pytest

from qwen3_embed_integrations.rag.corpora.loaders.html import html_blocks


@pytest.mark.parametrize(
    ("page", "texts"),
    [
        ("a<br>b", ["a\nb"]),
        ("<p>a</p>b<p>c", ["a", "b", "c"]),
        ("<ul><li>a<ul><li>b</li></ul></li></ul>", ["- a", "- b"]),
        ("<p>x<sub>2</sub><em>y</em> z</p>", ["x2y z"]),
        ("<p style='display: none'>no</p><p aria-hidden='true'>no</p>yes", ["yes"]),
        ("<h2>Name<a href='#x'>\u00b6</a></h2>", ["Name"]),
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
