"""The comparison with torch."""

import pytest

from exported_models import exported
from qwen3_embed_integrations import ConfigError
from qwen3_embed_integrations.export.check import Difference


def test_each_dtype_has_its_bound():
    assert Difference(9e-7, 1, 1, "float32", 5).is_within_bound
    assert not Difference(2e-6, 1, 1, "float32", 5).is_within_bound
    assert Difference(0.1, 0.8, 0.995, "int8", 5).is_within_bound
    assert not Difference(0.1, 0.8, 0.98, "int8", 5).is_within_bound
    assert not Difference(0.1, 1, 1, "int8", 5, is_reranker=True).is_within_bound


def test_own_texts_are_compared(checkpoint, tmp_path):
    texts = tmp_path / "texts.txt"
    texts.write_text("one\ntwo\nthree\n", encoding="utf-8")
    assert exported(checkpoint, tmp_path / "exported", check=True, check_texts=texts).is_dir()
    texts.write_text("one\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"has 1 lines, expected at least 2"):
        exported(checkpoint, tmp_path / "second", check=True, check_texts=texts)
    with pytest.raises(ConfigError, match=r"can't be read"):
        exported(checkpoint, tmp_path / "second", check=True, check_texts=tmp_path)
