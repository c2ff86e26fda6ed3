import json

from qwen3_embed_integrations.rag.corpora.loaders.notebook import read_notebook


def test_cells_keep_their_numbers_and_outputs_are_cut(tmp_path):
    cells = [
        {"cell_type": "markdown", "source": "# Title\n\ntext"},
        {"cell_type": "code", "source": ["x = 1\n", "x"], "outputs": [{"text": "y" * 5000}, {"data": {}}, 7]},
        {"cell_type": "raw", "source": "raw"},
        "odd",
    ]
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": cells}))
    found = [(block.kind, block.cell, len(block.text)) for block in read_notebook(tmp_path / "a.ipynb")]
    assert found == [
        ("heading", "1", 5),
        ("paragraph", "1", 4),
        ("code", "2", 7),
        ("code", "2", 2002),
        ("paragraph", "3", 3),
    ]


def test_the_format_before_4_is_read(tmp_path):
    cells = [{"cell_type": "heading", "level": 2, "source": "H"}, {"cell_type": "code", "input": "x", "outputs": []}]
    (tmp_path / "a.ipynb").write_text(json.dumps({"worksheets": [{"cells": cells}]}))
    assert [block.text for block in read_notebook(tmp_path / "a.ipynb")] == ["H", "x"]
