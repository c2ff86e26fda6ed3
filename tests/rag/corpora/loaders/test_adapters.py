import importlib.util

import pytest

from qwen3_embed_integrations import ConfigError
from qwen3_embed_integrations.rag.corpora.loaders import adapters


@pytest.mark.parametrize("name", ["markitdown", "docling", "kreuzberg"])
def test_a_converter_that_is_not_installed_is_named_with_its_pip_command(tmp_path, name):
    if importlib.util.find_spec(name) is not None:
        pytest.skip(f"{name} is installed")
    with pytest.raises(ConfigError, match=f"pip install {name}"):
        getattr(adapters, name)(tmp_path / "a.doc")
