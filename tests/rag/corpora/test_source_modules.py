import ast

import pytest

from qwen3_embed_integrations.rag.corpora import source_modules as modules


@pytest.fixture
def read(tmp_path):
    """Return a function that reads a source text as the module `pkg.mod`."""

    def read(text, name="pkg/mod.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return modules._read(path, tmp_path)

    return read


def test_definitions_are_those_with_a_docstring_and_a_public_name(read):
    module = read(
        'class A:\n    def __init__(self, x=1):\n        "Make an A."\n    def f(self, /, y): "Return y."\n'
        'def _g(): "Hidden."\ndef h(): pass\ntry:\n    def k(*a): "Return a."\nexcept ImportError:\n    pass\n'
    )
    found = {name: definition.signature for name, definition in module.definitions.items()}
    assert found == {"A": "(x=1)", "A.f": "(y)", "k": "(*a)"}
    assert module.definitions["A"].doc == "Make an A."


@pytest.mark.parametrize(
    ("text", "exported", "exports_more"),
    [
        ("x = 1", None, False),
        ("__all__ = ['a', 'b']", {"a", "b"}, False),
        ("__all__ = ('a',)\n__all__ += ['b']", {"a", "b"}, False),
        ("__all__ = ['a']\n__all__.extend(other.__all__)", {"a"}, True),
        ("__all__ = names()", None, True),
    ],
)
def test_the_exported_names_are_the_literal_ones(text, exported, exports_more):
    found = modules._exported(ast.parse(text))
    assert (None if found[0] is None else set(found[0]), found[1]) == (exported, exports_more)


def test_a_star_import_takes_what_all_names_else_what_is_public(read):
    assert read("__all__ = ['_a']").stars("_a")
    assert not read("__all__ = ['_a']").stars("b")
    assert read("").stars("b")
    assert not read("").stars("_b")


def test_imports_are_absolute_names(read):
    module = read("from . import one\nfrom .two import x as y\nfrom three import *\n")
    assert module.imported == {"one": ("pkg", "one"), "y": ("pkg.two", "x")}
    assert module.starred == ["three"]
    assert read("from .a import b", "pkg/__init__.py").imported == {"b": ("pkg.a", "b")}


def test_a_file_that_can_not_be_parsed_is_no_module(read):
    assert read("def (:") is None
