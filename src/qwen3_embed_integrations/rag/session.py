"""Run the RAG command: read the documents, index them, answer the questions."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
from rich.console import Console

from qwen3_embed_integrations import ConfigError, EncoderConfig, Qwen3Encoder
from qwen3_embed_integrations.core.errors import RagError
from qwen3_embed_integrations.langchain import Qwen3Embeddings

from .answer import Answer, Generated, Generator, Sentence, extractive, rank_sentences, rendered_prompt
from .conversation import converse
from .corpora.chunking import ChunkOptions
from .corpora.corpus import Corpus, chunks_by_id
from .corpora.folder import folder_corpus, unknown_files
from .corpora.stdlib_docs import stdlib_documents, stdlib_name
from .index import Index, open_index
from .language_models import LocalChatModel, endpoint_model
from .options import RagOptions
from .passage import Passage
from .paths import default_index
from .terminal import indexing_progress, plain_console, print_note, show_answer, show_passages, show_prompt

_OVERLAP = 0.15  # of a chunk: the best of 10, 15 and 20 % in NVIDIA's study of page-level chunking, 2025


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
        """Print the passages for a question, then the answer; a line of JSON with the option `json`.

        Raises:
            RagError: The question is empty, or no passage scores `min_score`.
        """
        if not question.strip():
            raise RagError('The question is empty. Ask something: --ask "How do I …?".')
        embedding = self.embeddings.embed_query(question)
        passages = self._passages(question, embedding)
        sentences = rank_sentences(self.embeddings.encoder, np.asarray(embedding, dtype=np.float32), passages)
        if self.options.json:
            self._print_json(question, passages, self.generator(question, passages, sentences))
        else:
            self._print(question, passages, sentences)

    def _passages(self, question: str, embedding: list[float]) -> list[Passage]:
        found = self.index.search(embedding, top_k=self.options.top_k)
        passages = [passage for passage in found if passage.score >= self.options.min_score]
        if not passages:
            best = f" (the best scores {found[0].score:.3f})" if found else ""
            raise RagError(
                f"No passage scores {self.options.min_score} or more for {question!r}{best}. "
                "Lower --min-score, or ask in other words."
            )
        return passages

    def _print(self, question: str, passages: Sequence[Passage], sentences: Sequence[Sentence]) -> None:
        show_passages(self.console, question, passages, sentences)
        if self.options.show_prompt:
            show_prompt(self.console, rendered_prompt(question, passages))
        show_answer(self.console, self.generator(question, passages, sentences))

    def _print_json(self, question: str, passages: Sequence[Passage], answer: Answer) -> None:
        data = {
            "question": question,
            "answer": {"text": answer.text, "label": answer.label},
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
    if not options.ask and (options.json or not sys.stdin.isatty()):
        what = "--json prints answers" if options.json else "standard input is no terminal to ask for one"
        raise RagError(f'There is no question, and {what}. Add --ask "…".')
    notes, console = plain_console(stderr=True), plain_console()
    generator = _generator(options)
    embeddings = Qwen3Embeddings(**{name: getattr(config, name) for name in config.model_fields_set})
    with notes.status("Loading the model"):
        embeddings.encoder.load()
    chunk_options = _chunk_options(options, embeddings.encoder)
    corpus = _corpus(options, notes)
    folder = options.index or default_index(corpus.name)
    with ExitStack() as stack:
        index = stack.enter_context(open_index(folder, embeddings, corpus=corpus.name, reindex=options.reindex))
        _sync(index, corpus, chunk_options, embeddings.encoder, notes)
        print_note(notes, f"Index: {folder}")
        session = Session(index, embeddings, generator, options, console)
        if options.ask:
            _ask_all(session, notes)
        else:
            converse(session.ask, notes)


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


def _chunk_options(options: RagOptions, encoder: Qwen3Encoder) -> ChunkOptions:
    """Return how documents are cut.

    Raises:
        ConfigError: A chunk would be longer than the text that the encoder embeds.
    """
    n_prompt = int(encoder.count_tokens([encoder.prompt("document")])[0])  # the end token included
    longest = encoder.model_info.max_length(encoder.config) - n_prompt
    tokens = longest * 25 // 32  # whose limit is `longest`
    if options.chunk_by != "document":
        if "chunk_tokens" in options.model_fields_set and options.chunk_tokens > tokens:
            raise ConfigError(
                f"--chunk-tokens={options.chunk_tokens} makes chunks of up to {options.chunk_tokens * 32 // 25} "
                f"tokens, but {longest} are embedded. Use at most {tokens}, or raise --max-length."
            )
        tokens = min(tokens, options.chunk_tokens)
    overlap = int(tokens * _OVERLAP) if options.chunk_overlap is None else min(options.chunk_overlap, tokens // 2)
    return ChunkOptions(tokens, overlap, options.chunk_by)


def _corpus(options: RagOptions, notes: Console) -> Corpus:
    with notes.status("Reading documents"):
        if options.docs is None:
            return Corpus(stdlib_name(), stdlib_documents())
        corpus = folder_corpus(
            options.docs,
            skip_unreadable=options.skip_unreadable,
            given_readers=options.readers,
            timeout_s=options.file_timeout_s,
        )
    for skipped in corpus.skipped:
        print_note(notes, f"Left out: {skipped}")
    if corpus.unknown:
        n_files = sum(count for _, count in corpus.unknown)
        print_note(notes, f"Left out: {n_files:,} files of unknown kind: {unknown_files(corpus.unknown)}")
    return corpus


def _sync(index: Index, corpus: Corpus, chunk_options: ChunkOptions, encoder: Qwen3Encoder, notes: Console) -> None:
    started = time.monotonic()

    def count_tokens(texts: Sequence[str]) -> list[int]:
        return [int(n) - 1 for n in encoder.count_tokens(texts)]  # without the end token

    chunks = chunks_by_id(corpus.documents, count_tokens, chunk_options)
    with indexing_progress(notes) as on_progress:
        changes = index.sync(chunks, on_progress)
    parts = [f"{changes.added:,} embedded in {time.monotonic() - started:.0f} s"] if changes.added else []
    parts += [f"{changes.kept:,} unchanged"] if changes.kept else []
    parts += [f"{changes.removed:,} removed"] if changes.removed else []
    print_note(
        notes, f"{corpus.name}: {len(corpus.documents):,} documents, {len(chunks):,} chunks ({', '.join(parts)})"
    )
