"""Parse XML of untrusted files: entity definitions are refused, nothing is loaded from elsewhere."""

from __future__ import annotations

from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from qwen3_embed_integrations.rag.corpora.blocks import UnreadableFileError


def parse_xml(data: bytes, name: str) -> Element:
    """Return the root element of an XML text.

    Args:
        data: The XML text.
        name: The archive's entry, for the message.

    Raises:
        UnreadableFileError: It is no XML, or it defines entities.
    """
    try:
        root: Element = fromstring(data)
    except DefusedXmlException as error:
        raise UnreadableFileError(f"defines XML entities in {name}, which are not read") from error
    except (ParseError, ValueError, LookupError) as error:
        raise UnreadableFileError(f"is damaged: {name} is no XML ({error})") from error
    return root


def local_name(element: Element) -> str:
    """Return an element's name without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def attribute(element: Element, name: str) -> str:
    """Return an attribute by its name without namespace, or ""."""
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")
