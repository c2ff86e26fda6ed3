"""Questions answered from documents, with LangChain and Chroma: read, index, search, answer.

`qwen3-embed rag` is its command; `examples/chroma_rag.py` is the same pipeline to copy.
"""

from __future__ import annotations

from importlib.util import find_spec

from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.core.errors import missing_extra

from .options import RagOptions

__all__ = ["RagOptions", "run_rag"]

_NEEDED = {
    "bs4": "beautifulsoup4",
    "chromadb": "chromadb",
    "filelock": "filelock",
    "langchain_chroma": "langchain-chroma",
    "langchain_text_splitters": "langchain-text-splitters",
    "pypdf": "pypdf",
    "torch": "torch",
    "transformers": "transformers",
}


def run_rag(config: EncoderConfig, options: RagOptions) -> None:
    """Indexes the documents and answers the questions, on the terminal.

    Args:
        config: The encoder's options.
        options: Everything else.

    Raises:
        MissingExtraError: A package of the extra "rag" is not installed.
        Qwen3EmbedError: Anything that stands in the way, as one line with its remedy.
    """
    for module, package in _NEEDED.items():
        if find_spec(module) is None:
            raise missing_extra(package, "rag")
    from .session import run

    run(config, options)
