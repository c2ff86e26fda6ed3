"""Answer questions from documents with LangChain and Chroma: read, index, retrieve, answer.

The command is `qwen3-embed rag`; `examples/chroma_rag.py` is the same pipeline to copy.

options          RagOptions: every option of the command
session          one run: read, index, answer
indexing         documents → index
watch            keeps them in step
corpora/         what is indexed: a folder's files, or the standard library's documentation
index            the chunks in one Chroma collection
words            the BM25 index beside the collection
retrieval        question → passages: by meaning, by words, by a reranker
ranking          why a passage stands where it does
evidence         whether the passages answer the question at all
calibration      the floor of the evidence, measured and stored
calibrate        measures it
abstention       says that there is no answer
interval         the interval of a share
choosing         from the passages found to those shown
selection        no text twice, not all of one file
widening         the text around a passage
file_links       opens a cited file at its place
citations        checks those of a chat model
study/           which way to cut the documents finds the most
passage          a retrieved chunk, its citation
answer           passages → an answer with citations
conversation     asks for questions on the terminal
language_models  the chat models that may write the answer
terminal         what the terminal shows
stored_index     what an index folder holds before it is opened
paths            where an index is stored by default
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.core.errors import missing_extra

from .options import CalibrateOptions, RagOptions

if TYPE_CHECKING:
    from .calibrate import Measured

__all__ = ["CalibrateOptions", "RagOptions", "require_rag", "run_calibrate", "run_rag"]

_NEEDED = {
    "chardet": "chardet",
    "chromadb": "chromadb",
    "defusedxml": "defusedxml",
    "filelock": "filelock",
    "langchain_core": "langchain-core",
    "lxml": "lxml",
    "mammoth": "mammoth",
    "pptx": "python-pptx",
    "pypdfium2": "pypdfium2",
    "python_calamine": "python-calamine",
    "torch": "torch",
    "transformers": "transformers",
}


def run_rag(config: EncoderConfig, options: RagOptions) -> None:
    """Index the documents, then answer the questions on the terminal.

    Args:
        config: The encoder's options.
        options: All other options.

    Raises:
        MissingExtraError: A package of the extra "rag" is not installed.
        Qwen3EmbedError: The documents, the model or the index can't be used; the message says what to do.
    """
    require_rag()
    from .session import run

    run(config, options)


def run_calibrate(config: EncoderConfig, options: RagOptions, given: CalibrateOptions) -> Measured:
    """Measure the evidence of questions with and without an answer, and store the floor.

    Args:
        config: The encoder's options.
        options: Those of the RAG command.
        given: The questions.

    Raises:
        MissingExtraError: A package of the extra "rag" is not installed.
        Qwen3EmbedError: The questions, the documents, the models or the index can't be used.
    """
    require_rag()
    from .calibrate import calibrate

    return calibrate(config, options, given)


def require_rag() -> None:
    """Check that the packages of the extra "rag" are installed.

    Raises:
        MissingExtraError: One of them is not; the message names it.
    """
    for module, package in _NEEDED.items():
        if find_spec(module) is None:
            raise missing_extra(package, "rag")
