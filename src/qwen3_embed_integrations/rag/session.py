"""Run the RAG command: read the documents, index them, answer the questions."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass

import numpy as np
from rich.console import Console

from qwen3_embed_integrations import ConfigError, EncoderConfig
from qwen3_embed_integrations.core.errors import RagError
from qwen3_embed_integrations.langchain import Qwen3Embeddings

from .answer import Answer, Generated, Generator, Sentence, extractive, rank_sentences, rendered_prompt
from .choosing import choose
from .conversation import converse
from .index import Index, open_index
from .indexing import DocumentSource, check_watch, chunk_options
from .language_models import LocalChatModel, endpoint_model
from .options import RagOptions
from .passage import Passage
from .paths import default_index
from .selection import n_candidates
from .terminal import plain_console, print_note, show_answer, show_passages, show_prompt
from .watch import follow


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
        found = self.index.search(embedding, top_k=n_candidates(self.options.top_k))
        good = [passage for passage in found if passage.score >= self.options.min_score]
        passages = choose(self.index, good, self.options)
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
    notes, console = plain_console(stderr=True), plain_console()
    generator = _generator(options)
    embeddings = Qwen3Embeddings(**{name: getattr(config, name) for name in config.model_fields_set})
    with notes.status("Loading the model"):
        embeddings.encoder.load()
    source = DocumentSource(options, chunk_options(options, embeddings.encoder), embeddings.encoder, notes)
    corpus = source.read()
    folder = options.index or default_index(corpus.name)
    with ExitStack() as stack:
        index = stack.enter_context(open_index(folder, embeddings, corpus=corpus.name, reindex=options.reindex))
        source.sync(index, corpus)
        print_note(notes, f"Index: {folder}")
        session = Session(index, embeddings, generator, options, console)
        if options.ask:
            _ask_all(session, notes)
        elif not options.watch:
            converse(session.ask, notes)
        if options.watch and options.docs:
            follow(options.docs, lambda: source.resync(index), notes)


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
