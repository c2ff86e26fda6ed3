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


def test_front_matter_needs_an_end_and_a_key():
    assert front_matter("---\ntitle: 'A'\n...\nb") == ("A", "b")
    assert front_matter("---\ntitle: A\nb") == ("", "---\ntitle: A\nb")
    assert front_matter("---\n\nb\n\n---\n") == ("", "---\n\nb\n\n---\n")
