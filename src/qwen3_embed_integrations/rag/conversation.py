"""Ask for questions on the terminal, with line editing and the questions of this run as history."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from rich.console import Console

from qwen3_embed_integrations import Qwen3EmbedError

from .terminal import print_note

_PROMPT = "Question (empty to end): "


def converse(ask: Callable[[str], None], notes: Console) -> None:
    """Answer questions until an empty line, the end of input, or Ctrl-C at the prompt.

    An error ends one question only, and so does Ctrl-C while a question is answered.

    Args:
        ask: Answers a question.
        notes: Where errors are printed.
    """
    with contextlib.suppress(ImportError):  # Windows' console edits lines by itself
        import readline  # noqa: F401 - `input` edits lines and recalls former ones once it is imported
    while question := _question():
        try:
            ask(question)
        except Qwen3EmbedError as error:
            print_note(notes, str(error), "red")
        except KeyboardInterrupt:
            print_note(notes, "Interrupted: this question has no answer.")


def _question() -> str:
    try:
        return input(_PROMPT).strip()
    except EOFError:
        return ""
    except KeyboardInterrupt:  # nothing was under way, so there is nothing to report
        print()  # noqa: T201 - the cursor leaves the prompt's line
        return ""
