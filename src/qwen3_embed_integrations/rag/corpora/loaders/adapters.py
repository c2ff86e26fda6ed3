"""Readers over whole converters, where they are installed: `--reader doc=…adapters:markitdown`."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from qwen3_embed_integrations.core.errors import ConfigError
from qwen3_embed_integrations.rag.corpora.blocks import Block, UnreadableFileError

from .markdown import markdown_blocks


def markitdown(path: Path) -> list[Block]:
    """Return the blocks of a file that markitdown turns into Markdown."""
    converter = _package("markitdown").MarkItDown(enable_plugins=False)
    return _converted("markitdown", lambda: converter.convert_local(str(path)).text_content)


def docling(path: Path) -> list[Block]:
    """Return the blocks of a file that docling turns into Markdown."""
    converter = _package("docling.document_converter").DocumentConverter()
    return _converted("docling", lambda: str(converter.convert(path).document.export_to_markdown()))


def kreuzberg(path: Path) -> list[Block]:
    """Return the blocks of a file that kreuzberg turns into Markdown."""
    package = _package("kreuzberg")
    config = package.ExtractionConfig(use_cache=False, output_format="markdown")
    return _converted("kreuzberg", lambda: package.extract_file_sync(str(path), config=config).content)


def _package(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        raise ConfigError(f"The reader needs the package {package!r}. Run: pip install {package}") from error


def _converted(name: str, convert: Any) -> list[Block]:
    try:
        text = convert()
    except Exception as error:  # a converter raises what its libraries raise
        raise UnreadableFileError(f"can't be read by {name} ({type(error).__name__}: {error})") from error
    return list(markdown_blocks(text))
