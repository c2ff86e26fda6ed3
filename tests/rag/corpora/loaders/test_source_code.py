from qwen3_embed_integrations.rag.corpora.loaders.source_code import read_source_code

PYTHON = (
    "import os\n\n# Adds.\n@cached\ndef add(a, b):\n    return a + b\n\n\nclass Box(object):\n    def put(self): ...\n"
)
RUST = "use x;\n/// Doc.\npub fn run(a: u8) -> u8 {\n    a\n}\nimpl Box {\n}\n"
C = "#include <x.h>\nint main(int argc, char **argv)\n{\n  return 0;\n}\n"


def parts(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    title, blocks = read_source_code(tmp_path / name)
    assert title == name
    assert "".join("".join(b.text.split()) for b in blocks if b.kind == "code") == "".join(text.split())
    return [block.text for block in blocks if block.kind == "heading"]


def test_definitions_are_headings_and_keep_their_comments(tmp_path):
    assert parts(tmp_path, "a.py", PYTHON) == ["add", "Box"]
    assert parts(tmp_path, "a.rs", RUST) == ["run", "Box"]
    assert parts(tmp_path, "a.c", C) == ["main"]
    assert parts(tmp_path, "a.sh", "echo 1\necho 2\n") == []
