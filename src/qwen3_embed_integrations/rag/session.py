"""Run the RAG command: read the documents, index them, answer the questions."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
from rich.console import Console

from qwen3_embed_integrations import ConfigError, EncoderConfig, Qwen3EmbedError
from qwen3_embed_integrations.core.errors import RagError
from qwen3_embed_integrations.langchain import Qwen3Embeddings

from .answer import Generated, Generator, extractive, rank_sentences, rendered_prompt
from .corpora.corpus import Corpus, chunks_by_id
from .corpora.folder import folder_corpus
from .corpora.stdlib_docs import stdlib_documents, stdlib_name
from .index import Index, open_index
from .language_models import LocalChatModel, endpoint_model
from .options import RagOptions
from .paths import default_index
from .terminal import indexing_progress, show_answer, show_passages, show_prompt


@dataclass(frozen=True)
class Session:
    """Answers questions from an index.

    Attributes:
        index: The open index.
        embeddings: Embeds the questions and the passages' sentences.
        generator: Writes the answers.
        options: The run's options.
        console: Where passages and answers are printed.
    """

    index: Index
    embeddings: Qwen3Embeddings
    generator: Generator
    options: RagOptions
    console: Console

    def ask(self, question: str) -> None:
        """Print the passages for a question, then the answer.

        Raises:
            RagError: The question is empty, or no passage scores `min_score`.
        """
        if not question.strip():
            raise RagError('The question is empty. Ask something: --ask "How do I …?".')
        embedding = self.embeddings.embed_query(question)
        found = self.index.search(embedding, top_k=self.options.top_k)
        passages = [passage for passage in found if passage.score >= self.options.min_score]
        if not passages:
            best = f" (the best scores {found[0].score:.3f})" if found else ""
            raise RagError(
                f"No passage scores {self.options.min_score} or more for {question!r}{best}. "
                "Lower --min-score, or ask in other words."
            )
        sentences = rank_sentences(self.embeddings.encoder, np.asarray(embedding, dtype=np.float32), passages)
        show_passages(self.console, question, passages, sentences)
        if self.options.show_prompt:
            show_prompt(self.console, rendered_prompt(question, passages))
        show_answer(self.console, self.generator(question, passages, sentences))


def run(config: EncoderConfig, options: RagOptions) -> None:
    """Index the documents and answer the questions.

    Options, model and documents are checked before anything is written.

    Args:
        config: The encoder's options.
        options: All other options.

    Raises:
        Qwen3EmbedError: The options, the documents, the model or the index can't be used.
    """
    if not options.ask and not sys.stdin.isatty():
        raise RagError('There is no question, and standard input is no terminal to ask for one. Add --ask "…".')
    notes, console = Console(stderr=True, highlight=False), Console(highlight=False)
    generator = _generator(options)
    embeddings = Qwen3Embeddings(**{name: getattr(config, name) for name in config.model_fields_set})
    with notes.status("Loading the model"):
        embeddings.encoder.load()
    corpus = _corpus(options, notes)
    folder = options.index or default_index(corpus.name)
    with ExitStack() as stack:
        index = stack.enter_context(open_index(folder, embeddings, corpus=corpus.name, reindex=options.reindex))
        _sync(index, corpus, notes)
        notes.print(f"Index: {folder}", soft_wrap=True)
        session = Session(index, embeddings, generator, options, console)
        for question in options.ask:
            session.ask(question)
        if not options.ask:
            _converse(session, notes)


def _generator(options: RagOptions) -> Generator:
    if options.llm and (options.llm_url or options.llm_model):
        raise ConfigError("Give --llm for a model that runs here, or --llm-url and --llm-model; not both.")
    if options.llm:
        model = LocalChatModel(model=options.llm)
        model.load()
        return Generated(model, options.llm)
    if options.llm_model:
        return Generated(endpoint_model(options.llm_url, options.llm_model, options.llm_key_env), options.llm_model)
    if options.llm_url:
        raise ConfigError(f"--llm-url={options.llm_url} needs the model's name there: add --llm-model NAME.")
    return extractive


def _corpus(options: RagOptions, notes: Console) -> Corpus:
    with notes.status("Reading documents"):
        if options.docs is None:
            return Corpus(stdlib_name(), stdlib_documents())
        corpus = folder_corpus(options.docs, skip_unreadable=options.skip_unreadable)
    for skipped in corpus.skipped:
        notes.print(f"Left out: {skipped}", markup=False, soft_wrap=True)
    return corpus


def _sync(index: Index, corpus: Corpus, notes: Console) -> None:
    started = time.monotonic()
    chunks = chunks_by_id(corpus.documents)
    with indexing_progress(notes) as on_progress:
        changes = index.sync(chunks, on_progress)
    parts = [f"{changes.added:,} embedded in {time.monotonic() - started:.0f} s"] if changes.added else []
    parts += [f"{changes.kept:,} unchanged"] if changes.kept else []
    parts += [f"{changes.removed:,} removed"] if changes.removed else []
    notes.print(
        f"{corpus.name}: {len(corpus.documents):,} documents, {len(chunks):,} chunks ({', '.join(parts)})",
        markup=False,
        soft_wrap=True,
    )


def _converse(session: Session, notes: Console) -> None:
    """Ask for questions until an empty line or the end of input; an error ends one question only."""
    while True:
        try:
            question = input("Question (empty to end): ")
        except EOFError:
            return
        if not question.strip():
            return
        try:
            session.ask(question)
        except Qwen3EmbedError as error:
            notes.print(str(error), style="red", markup=False, soft_wrap=True)
