import importlib

import pytest

from processes import in_a_fresh_process

PACKAGES = ["qwen3_embed_integrations", "qwen3_embed_integrations.langchain", "qwen3_embed_integrations.stores"]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_listed_and_loads(package):
    found = importlib.import_module(package)
    assert set(found.__all__) <= set(dir(found))
    for name in found.__all__:
        assert getattr(found, name) is getattr(found, name)


@pytest.mark.parametrize("package", PACKAGES)
def test_an_unknown_name_is_an_attribute_error_that_names_the_package(package):
    found = importlib.import_module(package)
    with pytest.raises(AttributeError, match=f"module {package!r} has no attribute 'nosuch'"):
        _ = found.nosuch
    with pytest.raises(ImportError, match="nosuch"):
        exec(f"from {package} import nosuch", {})  # noqa: S102 - our own line


def test_a_name_is_loaded_at_its_first_use_and_kept():
    code = (
        "import sys, qwen3_embed_integrations as face\n"
        "assert 'Ranked' in dir(face) and 'Ranked' not in vars(face)\n"
        "face.Ranked\n"
        "print('Ranked' in vars(face))"
    )
    assert in_a_fresh_process(code) == "True"
