import pytest

from qwen3_embed_integrations.rag.corpora.loaders.markdown import front_matter, markdown_blocks

TEXT = """Setext
------

para one
goes on

- item
- item two

| a | b |
|---|---|
| 1 | 2 |

```python
# code

x = 1
```
after <!-- hidden --> all

## Last ##
"""


def test_blocks_are_what_a_reader_sees():
    assert [(block.kind, block.level, block.text) for block in markdown_blocks(TEXT)] == [
        ("heading", 2, "Setext"),
        ("paragraph", 0, "para one\ngoes on"),
        ("list", 0, "- item\n- item two"),
        ("table", 0, "| a | b |\n|---|---|\n| 1 | 2 |"),
        ("code", 0, "```python\n# code\n\nx = 1\n```"),
        ("paragraph", 0, "after  all"),
        ("heading", 2, "Last"),
    ]


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("- ```\n  # no\n  ```\n\n# Yes", [("code", "- ```\n  # no\n  ```"), ("heading", "Yes")]),
        ("1. - ~~~\n# no\n~~~\n# Yes", [("code", "1. - ~~~\n# no\n~~~"), ("heading", "Yes")]),
        ("```inline``` text\n\n# Yes", [("paragraph", "```inline``` text"), ("heading", "Yes")]),
        ("<pre>\n# no\n\n# no\n</pre>\n# Yes", [("code", "<pre>\n# no\n\n# no\n</pre>"), ("heading", "Yes")]),
        ("<STYLE type=a>\n# no\n</Style>\n# Yes", [("code", "<STYLE type=a>\n# no\n</Style>"), ("heading", "Yes")]),
        ("<pre>one</pre>\n# Yes", [("paragraph", "<pre>one</pre>"), ("heading", "Yes")]),
        ("<pre>\n# Yes", [("paragraph", "<pre>"), ("heading", "Yes")]),
        ("<preface>\n# Yes\n</pre>", [("paragraph", "<preface>"), ("heading", "Yes"), ("paragraph", "</pre>")]),
        ("<!--\n# no\n\n# no\n-->\n# Yes", [("paragraph", ""), ("heading", "Yes")]),
        ("<!-- one -->\n# Yes", [("paragraph", ""), ("heading", "Yes")]),
        ("<!-- not closed\n# Yes", [("paragraph", "<!-- not closed"), ("heading", "Yes")]),
        ("```\n# no", [("code", "```\n# no")]),
    ],
    ids=range(12),
)
def test_no_heading_is_in_code_raw_html_or_a_comment(text, blocks):
    assert [(block.kind, block.text) for block in markdown_blocks(text)] == blocks


def test_many_openings_take_linear_time():
    blocks = list(markdown_blocks("<pre>\n" * 50_000 + "<!--\n" * 50_000))
    assert len(blocks) == 1


def test_front_matter_needs_an_end_and_a_key():
    assert front_matter("---\ntitle: 'A'\n...\nb") == ("A", "b")
    assert front_matter("---\ntitle: A\nb") == ("", "---\ntitle: A\nb")
    assert front_matter("---\n\nb\n\n---\n") == ("", "---\n\nb\n\n---\n")
