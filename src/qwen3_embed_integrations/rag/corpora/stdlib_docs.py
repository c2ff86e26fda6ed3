"""The running Python's documentation as a corpus: each public name with a docstring, and the topics of `help()`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping

from .blocks import Block, ParsedDocument
from .compiled_modules import compiled_modules, load_compiled, module_definitions, object_definitions
from .decoding import clean
from .language_topics import topic_documents
from .loaders.plain_text import paragraphs
from .sentences import split_sentences
from .source_modules import Definition, SourceModule, source_modules

_Modules = Mapping[str, SourceModule]
_Origin = tuple[str, str]  # module, name there
_WITHOUT_A_PAGE = frozenset(
    {"genericpath", "ntpath", "nturl2path", "opcode", "posixpath", "sre_compile", "sre_constants", "sre_parse"}
)
"""Modules that implement others (`os.path`, `re`, `dis`) and that the library reference does not name."""
_MAX_SENTENCE = 200


def stdlib_name() -> str:
    """Return the corpus's name, as in "Python 3.11 standard library"."""
    return f"Python {sys.version_info.major}.{sys.version_info.minor} standard library"


def stdlib_documents() -> list[ParsedDocument]:
    """Return a document for each public module, class and function of the standard library and each topic of `help()`.

    The document of a module ends in a list of what it defines, with the first sentence of each docstring: a question
    names a task, and often neither the module's docstring nor the function's says both. Source files are parsed, not
    run; only compiled modules (`math`, `itertools`, …) are imported. Names are those that users import:
    `asyncio.gather`, not `asyncio.tasks.gather`.
    """
    modules = source_modules()
    entries = {entry.name: entry for entry in _entries(modules)}
    contents = _contents(entries, {_shown(name) for name in modules} | set(compiled_modules()))
    documents = [
        ParsedDocument(name, name, (*_documented(name, entries.get(name)), *contents.get(name, ())))
        for name in sorted(entries.keys() | contents.keys())
    ]
    return documents + topic_documents()


def _documented(name: str, entry: Definition | None) -> Iterator[Block]:
    yield from _blocks(f"{name}{entry.signature}\n\n{entry.doc}" if entry else name)


def _contents(entries: Mapping[str, Definition], modules: set[str]) -> dict[str, list[Block]]:
    """Return public module → a line for each documented class and function that it defines."""
    found: dict[str, list[Block]] = {}
    for name, entry in sorted(entries.items()):
        module, _, own = name.rpartition(".")
        if module in modules and _is_public(module):
            found.setdefault(module, []).append(Block(f"{own}: {_first_sentence(clean(entry.doc))}\n"))
    return found


def _first_sentence(doc: str) -> str:
    paragraph = " ".join(doc.strip().partition("\n\n")[0].split())
    return next(iter(split_sentences(paragraph)), "").strip()[:_MAX_SENTENCE]


def _blocks(text: str) -> Iterator[Block]:
    for block in paragraphs(clean(text)):
        yield Block(block.text, "code" if block.text.lstrip().startswith(">>>") else "paragraph")


def _entries(modules: _Modules) -> Iterator[Definition]:
    """Yield compiled definitions first: a source file that documents the same name overrides them."""
    for name in compiled_modules():
        yield from module_definitions(name)
    for (source, there), name in _shortest(_taken_from_compiled(modules)).items():
        yield from object_definitions(name, getattr(load_compiled(source), there, None))
    names = _public_names(modules)
    for module in modules.values():
        if module.doc and _is_public(module.name) and not _is_inner(module, names):
            yield Definition(_shown(module.name), "", module.doc)
        for definition in module.definitions.values():
            top, dot, rest = definition.name.partition(".")
            if owner := names.get((module.name, top)):
                yield Definition(f"{owner}{dot}{rest}", definition.signature, definition.doc)


def _is_public(module: str) -> bool:
    return _shown(module) not in _WITHOUT_A_PAGE and not any(part.startswith("_") for part in module.split("."))


def _is_inner(module: SourceModule, names: Mapping[_Origin, str]) -> bool:
    """Return whether users import all that a submodule defines from its package, as `asyncio.gather`."""
    found = [name for top in _tops(module) if (name := names.get((module.name, top)))]
    return "." in module.name and bool(found) and not any(name.startswith(f"{module.name}.") for name in found)


def _shown(name: str) -> str:
    """Return the name that users import: `os.path` for `posixpath` or `ntpath`."""
    here = os.path.__name__
    return f"os.path{name[len(here) :]}" if name == here or name.startswith(f"{here}.") else name


def _public_names(modules: _Modules) -> dict[_Origin, str]:
    """Return a map from where a name is defined to the shortest public name that imports it."""
    return _shortest(
        (_shown(f"{module.name}.{name}"), origin)
        for module in modules.values()
        if _is_public(module.name)
        for name, origin in _offers(module, modules)
    )


def _shortest(names: Iterable[tuple[str, _Origin]]) -> dict[_Origin, str]:
    shortest: dict[_Origin, str] = {}
    for name, origin in names:
        known = shortest.get(origin, name)
        shortest[origin] = min(name, known, key=lambda name: (name.count("."), name))
    return shortest


def _offers(module: SourceModule, modules: _Modules) -> Iterator[tuple[str, _Origin]]:
    """Yield the public names of `module`: defined, imported, starred or loaded on demand."""
    own = _tops(module)
    yield from ((name, (module.name, name)) for name in own if not module.is_helper(name))
    yield from ((name, origin) for name, origin in module.imported.items() if _shows(module, name, origin))
    for source in module.starred:
        if source in modules:
            yield from _starred(modules[source], modules)
    bound = own | module.imported.keys()
    for name in sorted((module.exported or frozenset()) - bound) if module.is_package else ():
        for inner in modules.values():  # `concurrent.futures` imports its executors in `__getattr__`
            if inner.name.startswith(f"{module.name}.") and name in _tops(inner):
                yield name, (inner.name, name)


def _starred(source: SourceModule, modules: _Modules) -> Iterator[tuple[str, _Origin]]:
    for name, origin in _offers(source, modules):
        if source.stars(name):
            yield name, origin


def _tops(module: SourceModule) -> set[str]:
    return {name.partition(".")[0] for name in module.definitions}


def _shows(module: SourceModule, name: str, origin: _Origin) -> bool:
    if name.startswith("_"):
        return False
    if module.exported is not None:
        return name in module.exported
    return origin[0].startswith((f"{module.name}.", "_"))


def _taken_from_compiled(modules: _Modules) -> Iterator[tuple[str, _Origin]]:
    """Yield public names whose definition is in a compiled module, as `struct.pack` is in `_struct`."""
    for module in modules.values():
        if _is_public(module.name):
            for name, origin in _compiled_names(module, modules):
                yield _shown(f"{module.name}.{name}"), origin


def _compiled_names(module: SourceModule, modules: _Modules) -> Iterator[tuple[str, _Origin]]:
    for name, origin in module.imported.items():
        if origin[0] not in modules and _shows(module, name, origin):
            yield name, origin
    for source in module.starred:
        if source in modules:
            found = _compiled_names(modules[source], modules)
        else:
            found = ((name, (source, name)) for name in sorted(vars(load_compiled(source))))
        for name, origin in found:
            if module.stars(name):
                yield name, origin
