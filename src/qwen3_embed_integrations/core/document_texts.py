"""A framework's documents with content and meta: what is accepted, and the text that stands for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from .errors import ConfigError, InputTypeError


class HasText(Protocol):
    """A document, as Haystack has it."""

    content: str | None
    meta: dict[str, Any]


_Document = TypeVar("_Document", bound=HasText)


def checked_documents(documents: Any, kind: type[_Document], advice: str = "") -> list[_Document]:
    """Return `documents` if they are a list of a framework's documents.

    Args:
        documents: What a component was given.
        kind: The class of a document.
        advice: What to do where they are no list.

    Raises:
        InputTypeError: They are something else; the message names the index.
    """
    if not isinstance(documents, list):
        raise InputTypeError(f"Expected a list of {kind.__name__}, found {type(documents).__name__}.{advice}")
    for index, document in enumerate(documents):
        if not isinstance(document, kind):
            raise InputTypeError(f"Document {index} is {type(document).__name__}, expected {kind.__name__}.")
    return documents


def checked_field_names(names: Sequence[str] | None) -> list[str]:
    """Return the value of `meta_fields_to_embed` as a list.

    Raises:
        ConfigError: It is no list of names.
    """
    names = names or []
    if isinstance(names, str) or not all(isinstance(name, str) for name in names):
        raise ConfigError(f"meta_fields_to_embed={names!r}: expected a list of field names.")
    return list(names)


def text_of(document: HasText, meta_fields: Sequence[str], separator: str) -> str:
    """Return the values of some meta fields, without those that are missing or None, and the content."""
    values = [document.meta.get(name) for name in meta_fields]
    parts = [str(value) for value in values if value is not None]
    return separator.join([*parts, document.content] if document.content else parts)
