import pytest

from qwen3_embed_integrations.rag.corpora.compiled_modules import compiled_modules, load_compiled, module_definitions


def test_compiled_modules_are_public_and_have_no_source():
    names = compiled_modules()
    assert {"builtins", "itertools", "math"} <= set(names)
    assert not {"posix", "nt", "readline", "json"} & set(names)
    assert not [name for name in names if name.startswith("_")]


@pytest.mark.parametrize("name", ["json", "no_such_module", "readline"])
def test_a_module_that_is_not_compiled_is_empty_and_not_imported(name):
    module = load_compiled(name)
    assert not [inner for inner in vars(module) if not inner.startswith("__")]


def test_definitions_are_documented_and_named_as_users_import_them():
    found = {definition.name: definition for definition in module_definitions("math")}
    assert found["math.sqrt"].signature == "(x, /)"
    assert "square root" in found["math.sqrt"].doc
    builtins = {definition.name for definition in module_definitions("builtins")}
    assert {"len", "str.join"} <= builtins
    assert not [name for name in builtins if "__" in name]
