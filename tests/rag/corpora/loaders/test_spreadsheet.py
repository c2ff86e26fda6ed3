import datetime as dt

from document_files import xlsx
from qwen3_embed_integrations.rag.corpora.loaders.spreadsheet import _shown, read_spreadsheet


def test_sheets_are_cut_into_cells_that_are_cited(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(xlsx(200))
    blocks = list(read_spreadsheet(tmp_path / "a.xlsx"))
    tables = [block for block in blocks if block.kind == "table" and block.sheet == "Limits"]
    assert [block.text for block in blocks if block.kind == "heading"] == ["Limits", "Other"]
    assert all(block.text.startswith("Item | Limit\n") for block in tables)
    assert tables[0].cell.startswith("A1:B")
    assert tables[-1].cell.endswith(":B200")
    assert "Item 199 | 199" in tables[-1].text


def test_values_read_as_in_the_sheet():
    values = [1.0, 0.1, True, dt.datetime(2026, 1, 2), dt.datetime(2026, 1, 2, 3), dt.date(2026, 1, 2), "x"]  # noqa: DTZ001
    assert [_shown(value) for value in values] == [
        "1", "0.1", "True", "2026-01-02", "2026-01-02T03:00:00", "2026-01-02", "x",
    ]  # fmt: skip
