"""Print to the terminal: a progress bar, a table of passages, an answer.

Texts of users, documents and models are printed as they are: `rich` interprets no markup or emoji code in them, and
control and bidirectional characters are shown as escapes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.style import Style
from rich.table import Table
from rich.text import Text

from qwen3_embed_integrations.core.safe_text import safe_text

from .answer import Answer, Sentence
from .passage import Passage

_EXCERPT = 220  # characters: about four lines at 80 columns
_PLACES = 3  # of the same text that are named
_REPORT_EVERY_S = 5.0


def plain_console(*, stderr: bool = False) -> Console:
    """Return a console that interprets neither markup nor emoji codes, and highlights nothing."""
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)


def shown(text: str, style: str = "") -> Text:
    """Return a text as the terminal shows it: control characters but newline and tab as escapes."""
    return Text(safe_text(text, keep="\n\t"), style=style)


def print_note(console: Console, text: str, style: str = "") -> None:
    """Print a line that the terminal, not the program, wraps."""
    console.print(shown(text, style), soft_wrap=True)


def show_passages(console: Console, question: str, passages: Sequence[Passage], sentences: Sequence[Sentence]) -> None:
    """Print the passages as a table: number, score, citation, and an excerpt that starts at the best sentence."""
    title = Text(safe_text(" ".join(question.split())))
    table = Table(title=title, title_justify="left", title_style="bold", show_lines=True, expand=True)
    table.add_column("#", justify="right", style="cyan")
    table.add_column("Score", justify="right")
    table.add_column("Source", style="green", overflow="fold", max_width=max(16, console.width // 3))
    table.add_column("Excerpt", overflow="fold", ratio=1)
    for number, passage in enumerate(passages, start=1):
        best = next((sentence.text for sentence in sentences if sentence.passage == number), "")
        table.add_row(str(number), f"{passage.score:.3f}", source(passage), excerpt(passage, best))
    console.print(table)


def source(passage: Passage) -> Text:
    """Return a passage's citation, which opens its file in terminals that know links, and the other places below it."""
    text = Text()
    text.append(safe_text(passage.citation), style=Style(link=passage.url or None))
    for label, places in (("also", passage.also), ("similar", passage.similar)):
        shown = [*places[:_PLACES], *([f"{len(places) - _PLACES} more"] if len(places) > _PLACES else [])]
        if shown:
            text.append(safe_text(f"\n{label}: {', '.join(shown)}", keep="\n"), style="dim")
    return text


def excerpt(passage: Passage, best: str) -> Text:
    """Return an excerpt of the passage that starts at the sentence `best`, with that sentence highlighted."""
    words = safe_text(" ".join(passage.text.split()))
    best = safe_text(best)
    start = max(words.find(best), 0) if best else 0
    end = start + max(_EXCERPT, min(len(best), 2 * _EXCERPT))
    cut = f"{'… ' if start else ''}{words[start:end].rstrip()}{' …' if end < len(words) else ''}"
    text = Text(cut)
    if best and (at := cut.find(best)) >= 0:
        text.stylize("bold yellow", at, at + len(best))
    return text


def show_answer(console: Console, answer: Answer) -> None:
    """Print the answer under its label."""
    console.print(shown(f"Answer ({answer.label})", "bold"))
    console.print(shown(answer.text), soft_wrap=False)
    if answer.unknown_citations:
        numbers = ", ".join(f"[{number}?]" for number in answer.unknown_citations)
        console.print(shown(f"{numbers}: cited by the model, but no passage has this number.", "red"))
    console.print()


def show_prompt(console: Console, prompt: str) -> None:
    """Print the RAG prompt."""
    console.print(Text("Prompt", style="bold"))
    console.print(shown(prompt, "dim"))
    console.print()


@contextmanager
def indexing_progress(console: Console) -> Iterator[Callable[[int, int], None]]:
    """Yield a callback that draws a progress bar with a rate, or prints a line every few seconds without a terminal."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    bar = Progress(
        TextColumn("Embedding"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]} chunks/s"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
    task = bar.add_task("", total=None, rate="-", visible=False)
    started = time.monotonic()

    def update(done: int, total: int) -> None:
        rate = f"{done / (time.monotonic() - started):,.0f}" if done else "-"
        bar.update(task, completed=done, total=total, rate=rate, visible=True)

    with bar:
        yield update


class _Lines:
    """Print progress as plain lines, for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started = self._last = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if done and (now - self._last >= _REPORT_EVERY_S or done == total):
            self._last = now
            rate = done / (now - self._started)
            self._console.print(f"Embedded {done:,} of {total:,} chunks, {rate:,.0f} a second")
