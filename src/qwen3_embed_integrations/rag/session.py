"""Run the RAG command: read the documents, index them, answer the questions."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
from rich.console import Console

from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.core.errors import RagError
from qwen3_embed_integrations.langchain import Qwen3Embeddings

from .abstention import abstain, find_floor
from .answer import Answer, Generator, Sentence, rank_sentences, rendered_prompt
from .calibration import Calibration
from .choosing import choose
from .conversation import converse
from .index import open_index
from .indexing import DocumentSource, check_watch, chunk_options
from .language_models import chosen_generator
from .options import RagOptions
from .passage import Passage
from .paths import default_index
from .retrieval import Retriever, opened_reranker
from .selection import n_candidates
from .terminal import plain_console, print_note, show_answer, show_passages, show_prompt
from .watch import follow

_OUTDATED = "The index is of an earlier version of the bundled model: the documentation is embedded anew."


@dataclass(frozen=True)
class Session:
    """Answers questions from an index.

    Attributes:
        retriever: Finds the passages.
        embeddings: Embeds the questions and the passages' sentences.
        generator: Writes the answers.
        options: The run's options.
        console: Where passages and answers are printed.
        floor: The evidence below which a question has no answer; None: every question is answered.
    """

    retriever: Retriever
    embeddings: Qwen3Embeddings
    generator: Generator
    options: RagOptions
    console: Console
    floor: Calibration | None = None

    def ask(self, question: str) -> None:
        """Print the passages for a question, then the answer; a line of JSON with the option `json`.

        If the evidence is below the floor, say so and print nothing else.

        Raises:
            RagError: The question is empty, or no passage scores `min_score`.
        """
        if not question.strip():
            raise RagError('The question is empty. Ask something: --ask "How do I …?".')
        embedding = self.embeddings.embed_query(question)
        found = self.retriever.retrieve(question, embedding, n_candidates=n_candidates(self.options.top_k))
        if self.floor and found.evidence.score < self.floor.floor and not self.options.always_answer:
            abstain(self.console, question, found, self.floor, as_json=self.options.json)
            return
        passages = self._passages(question, found.passages)
        vector = np.asarray(embedding, dtype=np.float32)
        sentences = rank_sentences(self.embeddings.encoder, vector, passages, found.question_terms)
        if self.options.json:
            self._print_json(question, passages, self.generator(question, passages, sentences))
        else:
            self._print(question, passages, sentences, found.terms)

    def _passages(self, question: str, found: Sequence[Passage]) -> list[Passage]:
        good = [passage for passage in found if passage.score >= self.options.min_score]
        passages = choose(self.retriever.index, good, self.options)
        if not passages:
            best = f" (the best scores {max(one.score for one in found):.3f})" if found else ""
            raise RagError(
                f"No passage scores {self.options.min_score} or more for {question!r}{best}. "
                "Lower --min-score, or ask in other words."
            )
        return passages

    def _print(
        self, question: str, passages: Sequence[Passage], sentences: Sequence[Sentence], terms: AbstractSet[str]
    ) -> None:
        show_passages(self.console, question, passages, sentences, terms)
        if self.options.show_prompt:
            show_prompt(self.console, rendered_prompt(question, passages))
        show_answer(self.console, self.generator(question, passages, sentences), terms)

    def _print_json(self, question: str, passages: Sequence[Passage], answer: Answer) -> None:
        data = {
            "question": question,
            "answer": asdict(answer),
            "passages": [passage.as_json(number) for number, passage in enumerate(passages, start=1)],
        }
        if self.options.show_prompt:
            data["prompt"] = rendered_prompt(question, passages)
        self.console.file.write(f"{json.dumps(data)}\n")  # ASCII: no character can act on a terminal


def run(config: EncoderConfig, options: RagOptions) -> None:
    """Index the documents and answer the questions.

    Options, model and documents are checked before anything is written.

    Args:
        config: The encoder's options.
        options: All other options.

    Raises:
        Qwen3EmbedError: The options, the documents, the model or the index can't be used.
    """
    if options.watch:
        check_watch(options)
    elif not options.ask and (options.json or not sys.stdin.isatty()):
        what = "--json prints answers" if options.json else "standard input is no terminal to ask for one"
        raise RagError(f'There is no question, and {what}. Add --ask "…".')
    notes = plain_console(stderr=True)
    with open_session(config, options, notes) as opened:
        if opened.session.floor is None:
            print_note(notes, "No floor is known for this model and these documents: see qwen3-embed calibrate --help")
        if options.ask:
            _ask_all(opened.session, notes)
        elif not options.watch:
            converse(opened.session.ask, notes)
        if options.watch and options.docs:
            follow(options.docs, opened.resync, notes)


@dataclass(frozen=True)
class Opened:
    """A session over documents that are indexed.

    Attributes:
        session: Answers questions.
        corpus: Name of the documents.
        resync: Read the documents again and bring the index in step.
    """

    session: Session
    corpus: str
    resync: Callable[[], None]


@contextmanager
def open_session(config: EncoderConfig, options: RagOptions, notes: Console) -> Iterator[Opened]:
    """Load the models, index the documents, and yield the session; close the index afterwards.

    Args:
        config: The encoder's options.
        options: All other options.
        notes: Where progress is printed.

    Raises:
        Qwen3EmbedError: The options, the documents, the model or the index can't be used.
    """
    generator = chosen_generator(options)
    embeddings = Qwen3Embeddings(**{name: getattr(config, name) for name in config.model_fields_set})
    encoder = embeddings.encoder
    with notes.status("Loading the model"):
        encoder.load()
        reranker = opened_reranker(config, options.rerank) if options.rerank else None
    source = DocumentSource(options, chunk_options(options, encoder), encoder, notes)
    corpus = source.read()
    folder = options.index or default_index(corpus.name)
    outdated = partial(print_note, notes, _OUTDATED) if options.docs is None else None
    with open_index(folder, embeddings, corpus=corpus.name, reindex=options.reindex, on_outdated=outdated) as index:
        source.sync(index, corpus)
        print_note(notes, f"Index: {folder}")
        retriever = Retriever(index, encoder, options.hybrid is not False, reranker)
        floor = find_floor(retriever, corpus.name)
        session = Session(retriever, embeddings, generator, options, plain_console(), floor)
        yield Opened(session, corpus.name, lambda: source.resync(index))


def _ask_all(session: Session, notes: Console) -> None:
    """Ask every question; one without a passage does not keep the later ones from being asked.

    Raises:
        RagError: A question has no answer.
    """
    questions = session.options.ask
    n_failed = 0
    for question in questions:
        try:
            session.ask(question)
        except RagError as error:
            if len(questions) == 1:
                raise
            n_failed += 1
            print_note(notes, str(error), "red")
    if n_failed:
        raise RagError(f"{n_failed} of {len(questions)} questions have no answer. The reasons are above.")
