"""Files of an interface's messages: each reader returns the texts of one by their keys."""

from __future__ import annotations

import json
import logging
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import yaml
from tools.train_tiny.training_text import clean

logger = logging.getLogger(__name__)

Messages = dict[str, str]
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PROPERTY = re.compile(r"^\s*([\w.$-]+)\s*[=:]\s*(.*)$")
_CONTINUED = re.compile(r"\\\r?\n\s*")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_EMPHASIS = re.compile(r"_([^_]+)_")
_FLUENT = re.compile(r"^([a-zA-Z][\w-]*)\s*=\s*(.*)$")
_BRAND = re.compile(r"\{\s*-brand-(?:name-)?([\w-]+)[^}]*\}")
_STRING = re.compile(r"^([A-Z][A-Z0-9_]+)[ \t]*\n(?:'''(.*?)'''|([^\n]+))", re.MULTILINE | re.DOTALL)
_WIKI_MARKUP = re.compile(r"\$\d|\[\[|\{\{|\[http")
_TAG_NAMES = ("/name", "/label", "/title", "/description")


def leaves(node: object, place: str = "") -> Iterator[tuple[str, str]]:
    """Yield the strings of nested lists and dictionaries with their places, but for those of code."""
    if isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield from leaves(value, f"{place}/{key}")
    elif isinstance(node, str) and "code" not in place:
        yield place, node


def read_yaml(path: Path) -> Messages:
    """Return the messages of a Rails locale, whose one root is the locale's name."""
    try:
        tree = yaml.load(path.read_text("utf-8"), _LOADER)  # noqa: S506 - a safe loader
    except yaml.YAMLError as error:
        logger.warning("skipped %s: %s", path, error)
        return {}
    return dict(leaves(next(iter(tree.values())))) if isinstance(tree, dict) else {}


def read_json(path: Path) -> Messages:
    """Return the messages of a flat JSON or ARB file without what describes them."""
    items = json.loads(path.read_text("utf-8")).items()
    return {key: text for key, text in items if isinstance(text, str) and not key.startswith("@")}


def read_mediawiki(path: Path) -> Messages:
    """Return the messages of a MediaWiki extension that hold no parameters, templates and links."""
    return {key: text for key, text in read_json(path).items() if not _WIKI_MARKUP.search(text)}


def read_tagging(path: Path) -> Messages:
    """Return names and descriptions of OpenStreetMap's tags; their search terms are left out."""
    found = leaves(next(iter(json.loads(path.read_text("utf-8")).values())))
    return {place: text for place, text in found if place.endswith(_TAG_NAMES) or "/options/" in place}


def read_android(path: Path) -> Messages:
    """Return the strings of an Android resource file, placeholders as an ellipsis."""
    try:
        nodes = ET.parse(path).getroot().iter("string")  # noqa: S314 - a file of ours
    except ET.ParseError as error:
        logger.warning("skipped %s: %s", path, error)
        return {}
    texts = {
        node.get("name", ""): clean("".join(node.itertext()).replace("\\n", " ").replace("\\", "")) for node in nodes
    }
    return {name: re.sub(r"%(\d\$)?[sd,]+", "…", text) for name, text in texts.items()}


def read_properties(path: Path) -> Messages:
    """Return the messages of a Java properties file without its marks of emphasis."""
    messages: Messages = {}
    for line in _CONTINUED.sub(" ", path.read_text("utf-8", "replace")).splitlines():
        if (match := _PROPERTY.match(line)) and not line.startswith("#"):
            text = _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), match[2])
            messages[match[1]] = _EMPHASIS.sub(r"\1", text.replace("\\n", " "))
    return messages


def read_fluent(path: Path) -> Messages:
    """Return the messages of a Fluent file that hold no variables; attributes are left out."""
    messages: Messages = {}
    key = ""
    for line in path.read_text("utf-8", "replace").splitlines():
        if match := _FLUENT.match(line):
            key = match[1]
            messages[key] = match[2]
        elif line.startswith((" ", "\t")) and key and not line.strip().startswith("."):
            messages[key] += f" {line.strip()}"
        else:
            key = ""
    named = {key: _BRAND.sub(lambda brand: brand[1].replace("-", " ").title(), text) for key, text in messages.items()}
    return {key: text for key, text in named.items() if "{" not in text}


def read_stringtable(path: Path) -> Messages:
    """Return the entries of a FreeOrion string table that refer to no other and hold no parameters."""
    table = re.sub(r"^#.*$", "", path.read_text("utf-8", "replace"), flags=re.MULTILINE)
    texts = {match[1]: re.sub(r"<[^>]+>", "", match[2] or match[3] or "") for match in _STRING.finditer(table)}
    return {key: text for key, text in texts.items() if "[[" not in text and "%" not in text}
