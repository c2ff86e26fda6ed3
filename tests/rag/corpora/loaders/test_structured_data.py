from qwen3_embed_integrations.rag.corpora.loaders.structured_data import read_json, read_json_lines


def test_every_value_has_its_path(tmp_path):
    (tmp_path / "a.json").write_text('{"a": [{"b": 1}, null], "c": {}, "d": "text"}')
    assert [block.text for block in read_json(tmp_path / "a.json")] == ["a[0].b: 1\na[1]: null", "c: {}", "d: text"]
    (tmp_path / "b.json").write_text("7")
    assert [block.text for block in read_json(tmp_path / "b.json")] == ["7"]


def test_every_line_is_a_block(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"a": 1}\n\nno json\n[2]\n')
    assert [block.text for block in read_json_lines(tmp_path / "a.jsonl")] == ["a: 1", "no json", "[0]: 2"]
