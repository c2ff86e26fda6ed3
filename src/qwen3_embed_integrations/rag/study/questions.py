"""Answered questions: each has its answer as quotes in files, so that one judgement holds for every way to cut them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from qwen3_embed_integrations.core.errors import DataFileError
from qwen3_embed_integrations.evaluation import Record, raise_problems, read_records
from qwen3_embed_integrations.rag.corpora.blocks import ParsedDocument

_SHOWN = 60  # characters of a quote in an error


@dataclass(frozen=True)
class Quote:
    """Where an answer stands.

    Attributes:
        source: The document's name in citations.
        start: Offset of its first character in the document's text, all blocks joined by blank lines.
        end: Offset after its last character.
    """

    source: str
    start: int
    end: int


@dataclass(frozen=True)
class AnsweredQuestion:
    """A question and the passages that answer it.

    Attributes:
        text: The question.
        quotes: For each judgement, every place where its quote stands; one of them is enough.
    """

    text: str
    quotes: tuple[tuple[Quote, ...], ...]


def read_questions(path: Path, documents: Sequence[ParsedDocument]) -> list[AnsweredQuestion]:
    """Read answered questions and find their quotes in the documents.

    Args:
        path: Records with the columns question, quote and optionally file; a question with several answers has
            several records. Without a file the quote may stand in any of them. Letters and digits are compared,
            so that line breaks and markup make no difference.
        documents: The documents, as they are indexed.

    Raises:
        DataFileError: A record lacks a column, names a file that is not among the documents, or a quote that does
            not stand there; the message names the lines.
    """
    texts = _Texts(documents)
    found, problems = dict[str, list[tuple[Quote, ...]]](), list[str]()
    for record in read_records(path):
        try:
            question, quotes = _judgement(record, texts)
        except DataFileError as error:
            problems.append(str(error))
            continue
        found.setdefault(question, []).append(quotes)
    raise_problems(problems)
    return [AnsweredQuestion(question, tuple(quotes)) for question, quotes in found.items()]


def _judgement(record: Record, texts: _Texts) -> tuple[str, tuple[Quote, ...]]:
    question, quote, file = (record.values.get(name) for name in ("question", "quote", "file"))
    if not isinstance(question, str) or not isinstance(quote, str) or not question.strip() or not quote.strip():
        raise DataFileError(f"{record.place}: needs a text in the columns question and quote.")
    sources = texts.sources(str(file)) if file else texts.all_sources()
    if not sources:
        raise DataFileError(f"{record.place}: {file!r} is not among the documents that were read. Check the path.")
    quotes = tuple(texts.find(quote, sources))
    if not quotes:
        where = str(file) if file else "any document"
        raise DataFileError(f"{record.place}: {quote[:_SHOWN]!r} does not stand in {where}. Quote it word for word.")
    return " ".join(question.split()), quotes


class _Texts:
    """The letters and digits of documents, each with its offset; computed once a document, when it is searched."""

    def __init__(self, documents: Sequence[ParsedDocument]) -> None:
        self._documents = {document.source: document for document in documents}
        self._owners = {name: document.source for document in documents for name in document.also}
        self._known = dict[str, tuple[str, list[int]]]()

    def all_sources(self) -> list[str]:
        """Return the names of all documents."""
        return list(self._documents)

    def sources(self, file: str) -> list[str]:
        """Return the name of the document that holds a file's text, if there is one."""
        name = self._owners.get(file, file)
        return [name] if name in self._documents else []

    def find(self, quote: str, sources: Iterable[str]) -> Iterable[Quote]:
        """Yield every place of a quote in the documents named."""
        wanted, _ = _letters(quote)
        for source in sources:
            letters, offsets = self._of(source)
            at = letters.find(wanted) if wanted else -1
            while at >= 0:
                yield Quote(source, offsets[at], offsets[at + len(wanted) - 1] + 1)
                at = letters.find(wanted, at + len(wanted))

    def _of(self, source: str) -> tuple[str, list[int]]:
        if source not in self._known:
            self._known[source] = _letters("\n\n".join(block.text for block in self._documents[source].blocks))
        return self._known[source]


def _letters(text: str) -> tuple[str, list[int]]:
    """Return the letters and digits of a text in lower case, and the offset of each."""
    pairs = [(folded, at) for at, sign in enumerate(text) if sign.isalnum() for folded in sign.casefold()]
    return "".join(sign for sign, _ in pairs), [at for _, at in pairs]
