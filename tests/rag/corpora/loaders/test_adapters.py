import importlib
import importlib.util
from types import SimpleNamespace

import pytest

from qwen3_embed_integrations import ConfigError
from qwen3_embed_integrations.rag.corpora.blocks import UnreadableFileError
from qwen3_embed_integrations.rag.corpora.loaders import adapters


@pytest.mark.parametrize("name", ["markitdown", "docling", "kreuzberg"])
def test_a_converter_that_is_not_installed_is_named_with_its_pip_command(tmp_path, name):
    if importlib.util.find_spec(name) is not None:
        pytest.skip(f"{name} is installed")
    with pytest.raises(ConfigError, match=f"pip install {name}"):
        getattr(adapters, name)(tmp_path / "a.doc")


def fail(*_, **__):
    raise ValueError("odd file")


def answering(text):
    """Return stand-ins of the converters' packages, which are too large to install here, by module name."""

    def convert(*_, **__):
        return text() if callable(text) else text

    document = SimpleNamespace(export_to_markdown=convert)
    return {
        "markitdown": SimpleNamespace(
            MarkItDown=lambda **_: SimpleNamespace(convert_local=lambda _: SimpleNamespace(text_content=convert()))
        ),
        "docling.document_converter": SimpleNamespace(
            DocumentConverter=lambda: SimpleNamespace(convert=lambda _: SimpleNamespace(document=document))
        ),
        "kreuzberg": SimpleNamespace(
            ExtractionConfig=dict, extract_file_sync=lambda *_, **__: SimpleNamespace(content=convert())
        ),
    }


@pytest.mark.parametrize("name", ["markitdown", "docling", "kreuzberg"])
def test_a_converters_markdown_becomes_blocks_and_its_errors_name_it(tmp_path, monkeypatch, name):
    monkeypatch.setattr(importlib, "import_module", answering("# Costs\n\nMeals.").__getitem__)
    blocks = getattr(adapters, name)(tmp_path / "a.doc")
    assert [(block.kind, block.text) for block in blocks] == [("heading", "Costs"), ("paragraph", "Meals.")]
    monkeypatch.setattr(importlib, "import_module", answering(fail).__getitem__)
    with pytest.raises(UnreadableFileError, match=rf"can't be read by {name} \(ValueError: odd file\)"):
        getattr(adapters, name)(tmp_path / "a.doc")
