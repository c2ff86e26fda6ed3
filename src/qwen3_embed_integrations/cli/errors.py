"""Errors → one line on standard error and an exit code: 1 refused, 2 wrong usage, 130 interrupted."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from cyclopts import CycloptsError
from pydantic import ValidationError

from qwen3_embed_integrations import Qwen3EmbedError
from qwen3_embed_integrations.core.safe_text import safe_line

from .parser import flag

REFUSED = 1
WRONG_USAGE = 2

_UNSHOWN = ("api_key_env", "base_url")  # the value may be, or hold, a secret that was put in the wrong place
_USAGE = ("_parsing", "_type", "literal_error", "missing")  # ends of pydantic's error types: not even readable


def note(message: str) -> None:
    """Print a message as one line on standard error; nothing in it can act on the terminal."""
    sys.stderr.write(f"qwen3-embed: {safe_line(message)}\n")


def fail(message: str, code: int) -> int:
    """Print a message as one line on standard error and return the exit code."""
    note(message)
    return code


def fail_with(error: Exception) -> int:
    """Print an error as one line that says what to do, and return the exit code."""
    if isinstance(error, CycloptsError):
        return _fail_with_usage(error)
    if isinstance(error, Qwen3EmbedError):
        return fail(str(error), REFUSED)
    return fail(f"{type(error).__name__}: {error} (add --debug to see where it comes from)", REFUSED)


def _fail_with_usage(error: CycloptsError) -> int:
    problems = _problems(error.__cause__)
    if not problems:
        return fail(f"{error} ({_command(error)} --help lists what there is)", WRONG_USAGE)
    shown = "; ".join(map(_shown, problems))
    if any(str(problem["type"]).endswith(_USAGE) for problem in problems):
        return fail(f"{shown} ({_command(error)} --help lists the options)", WRONG_USAGE)
    return fail(shown, REFUSED)


def _command(error: CycloptsError) -> str:
    return " ".join(("qwen3-embed", *(error.command_chain or ())))


def _problems(cause: BaseException | None) -> list[Mapping[str, Any]]:
    """Return pydantic's problems; a model that raises ConfigError in its constructor wraps them a second time."""
    if not isinstance(cause, ValidationError):
        return []
    found: list[Mapping[str, Any]] = []
    for problem in cause.errors():
        inner = problem.get("ctx", {}).get("error")
        wrapped = _problems(getattr(inner, "__cause__", None))
        found.extend(wrapped or [problem])
    return found


def _shown(problem: Mapping[str, Any]) -> str:
    message = str(problem["msg"]).removeprefix("Value error, ")
    if not problem["loc"]:
        return message
    name = str(problem["loc"][0])
    if name in _UNSHOWN:
        return f"{flag(name)}: {message}"
    return f"{flag(name)} {problem['input']}: {message}"
