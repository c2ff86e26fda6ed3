"""`qwen3-embed chunk-study`: which length and borders of chunks find the answers in a user's own documents."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

from pydantic import BaseModel, ConfigDict, Field
from rich.console import Console

from qwen3_embed_integrations import EncoderConfig, Qwen3Encoder
from qwen3_embed_integrations.core.errors import ConfigError
from qwen3_embed_integrations.evaluation import check_picture, plot_differences
from qwen3_embed_integrations.rag import require_rag
from qwen3_embed_integrations.rag.options import By
from qwen3_embed_integrations.rag.paths import cache_folder

from .errors import note
from .tables import show_json, show_table

if TYPE_CHECKING:
    from qwen3_embed_integrations.rag.study.report import Result

_MIN_SIZE, _MAX_SIZE = 40, 1_000_000  # tokens
_MAX_OVERLAP = 50  # percent
_PERCENT = 100
_MEGABYTE = 1_000_000


class ChunkStudyOptions(BaseModel):
    """The options of the command `chunk-study` beside the encoder's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    questions: Path | None = Field(
        None, description="File with the columns question, quote and optionally file, one record for each answer."
    )
    sizes: str = Field("128,256,512,1024,8192", description="Longest chunk in tokens, several with commas between.")
    overlap: str = Field("15", description="Share of a chunk that the next one repeats, in percent.")
    headers: str = Field("on", description="Whether title and headings are embedded with each chunk: on, off or both.")
    by: str = Field("section", description="Where chunks end: section, page, document, tokens.")
    context_tokens: int = Field(2_000, description="Tokens of context at which recall is compared.", ge=100)
    skip_unreadable: bool = Field(default=False, description="Leave out files that can't be read, and list them.")
    plot: Path | None = Field(None, description="Plot the differences to a .png, .svg or .pdf file.")
    as_json: bool = Field(default=False, description="Print the results as JSON.")


def run_chunk_study(docs: Path, config: EncoderConfig, options: ChunkStudyOptions) -> None:
    """Compare ways to cut the documents by judged questions, and print what each finds.

    Raises:
        ConfigError: The options can't be used.
        DataFileError: The file of questions is malformed, or a quote does not stand in the documents.
        RagError: The documents can't be read.
    """
    require_rag()
    from qwen3_embed_integrations.rag.study.report import FEW_QUESTIONS, advice

    if options.questions is None:
        raise ConfigError("There is nothing to judge by: give --questions FILE with the columns question and quote.")
    if options.plot:
        check_picture(options.plot)
    results, n_questions = _results(docs, config, options, options.questions)
    sentence = advice(results, n_questions, options.context_tokens)
    if options.plot:
        shown = [(one.setting.name, one.difference, one.low, one.high) for one in results[1:]]
        plot_differences(shown, options.plot, f"Recall within {options.context_tokens:,} tokens: points more")
    if n_questions < FEW_QUESTIONS:
        note(f"{n_questions} questions tell little apart; judge {FEW_QUESTIONS} or more.")
    if options.as_json:
        found = [one.to_dict() for one in results]
        sizes = {"questions": n_questions, "context_tokens": options.context_tokens}
        show_json({**sizes, "settings": found, "advice": sentence})
    else:
        _show(results, options.context_tokens)
        print(sentence)  # noqa: T201 - it is the command's output


def _results(docs: Path, config: EncoderConfig, options: ChunkStudyOptions, file: Path) -> tuple[list[Result], int]:
    """Return what each setting finds, the present one first, and the number of questions."""
    from qwen3_embed_integrations.rag.corpora.folder import folder_corpus
    from qwen3_embed_integrations.rag.study.questions import read_questions
    from qwen3_embed_integrations.rag.study.run import longest_chunk, study
    from qwen3_embed_integrations.rag.study.settings import all_settings

    sizes = _numbers(options.sizes, "--sizes", _MIN_SIZE, _MAX_SIZE)
    overlaps = _numbers(options.overlap, "--overlap", 0, _MAX_OVERLAP)
    headers = [value == "on" for value in _values(options.headers, "--headers", ("on", "off"))]
    borders = cast("list[By]", _values(options.by, "--by", get_args(By)))
    encoder = Qwen3Encoder(_with_cache(config))
    settings = all_settings(_embeddable(sizes, longest_chunk(encoder)), overlaps, headers, borders)
    corpus = folder_corpus(docs, skip_unreadable=options.skip_unreadable)
    for skipped in corpus.skipped:
        note(f"Left out: {skipped}")
    questions = read_questions(file, corpus.documents)
    results: list[Result] = []
    found = study(encoder, corpus.documents, questions, settings, budget=options.context_tokens)
    with Console(stderr=True).status("") as status:
        for setting in settings:
            status.update(f"Cutting and embedding: {setting.name}")
            results.append(next(found))
    return results, len(questions)


def _show(results: Sequence[Result], context_tokens: int) -> None:
    """Print what each setting finds and, in a table of its own, what it costs."""
    quality = [
        [
            one.setting.name,
            *(_percent(share) for share in (one.recall_at_1, one.recall_at_5, one.recall_at_10, one.mrr)),
            _percent(one.recall_at_budget),
            f"{_PERCENT * one.difference:+.1f}" if one.is_distinguishable else "",
        ]
        for one in results
    ]
    columns = dict.fromkeys(("R@1", "R@5", "R@10", "MRR", "R@ctx", "more"), True)
    notes = [
        "A setting: the longest chunk in tokens, where chunks end, their overlap, and whether headings are embedded.",
        f"R: recall of the quotes, percent; R@ctx: within {context_tokens:,} tokens of context. More: points of R@ctx",
        "beside the first setting, the present one; empty where the two are not distinguishable (95 % interval).",
    ]
    show_table({"setting": False, **columns}, quality, notes)
    costs = [
        [
            one.setting.name,
            _percent(one.cut_in_two),
            *(f"{count:,}" for count in (one.n_chunks, one.n_tokens)),
            f"{one.index_bytes / _MEGABYTE:.1f}",
            f"{one.query_ms:.1f}",
        ]
        for one in results
    ]
    columns = dict.fromkeys(("cut %", "chunks", "tokens", "MB", "ms"), True)
    notes = ["Cut: quotes that no chunk holds whole. MB: vectors and texts. Ms: ranking all chunks for a question."]
    show_table({"setting": False, **columns}, costs, notes)


def _percent(share: float) -> str:
    return f"{_PERCENT * share:.1f}"


def _with_cache(config: EncoderConfig) -> EncoderConfig:
    """Return the config with a cache of embeddings in the user's cache folder, unless it names one."""
    if config.cache_path is not None:
        return config
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    return config.replace(cache_path=str(folder / "chunk-study.sqlite3"))


def _values(text: str, flag: str, known: Sequence[str]) -> list[str]:
    found = [value.strip() for value in text.split(",")]
    if unknown := [value for value in found if value not in known]:
        raise ConfigError(f"{flag}={text}: {unknown[0]!r} is not one of {', '.join(known)}.")
    return found


def _numbers(text: str, flag: str, least: int, most: int) -> list[int]:
    found = [int(value) if value.strip().isdecimal() else -1 for value in text.split(",")]
    if not all(least <= number <= most for number in found):
        raise ConfigError(f"{flag}={text}: give whole numbers from {least} to {most:,} with commas between.")
    return found


def _embeddable(sizes: Sequence[int], longest: int) -> list[int]:
    """Return the sizes, those beyond what the model embeds cut to it; a note names them."""
    for size in sizes:
        if size > longest:
            note(f"Chunks of {size:,} tokens are cut to {longest:,}, the longest text that is embedded.")
    return [min(size, longest) for size in sizes]
