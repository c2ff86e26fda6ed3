"""Run a probe script: call each function marked `@probe` and print the results as one line of JSON."""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from textwrap import shorten
from typing import Any

import numpy as np

QUERY = "How do I sort a list in Python?"
SPACED = " sort "
INSTRUCTION = "Given a web search query, retrieve relevant passages that answer the query"
CODE = "def add(a, b):\n    if a:\n        return a + b\n    return b\n"
LONG = "A long text that goes on about the tower in Paris. " * 60
EMBEDDING = [1.0, *[0.0] * 31]
RESULT = "RESULT "

_probes: list[Callable[[Path], Any]] = []


def probe(function: Callable[[Path], Any]) -> Callable[[Path], Any]:
    """Mark a function that takes the checkpoint's folder and returns its observation: a number or a text."""
    _probes.append(function)
    return function


def answer() -> None:
    """Run all probes on the checkpoint named on the command line; an exception is an observation as well."""
    checkpoint = Path(sys.argv[1])
    warnings.simplefilter("ignore")
    seen = {function.__name__: outcome(function, checkpoint) for function in _probes}
    print(RESULT + json.dumps(seen))


def outcome(function: Callable[..., Any], *arguments: Any) -> Any:
    """Return the function's result, or the exception's name and first line."""
    try:
        return function(*arguments)
    except Exception as error:  # noqa: BLE001 - whatever a peer raises is the observation
        lines = str(error).strip().splitlines() or [""]
        return f"{type(error).__name__}: {shorten(lines[0], 60, placeholder='…')}"


def cosine(a: Sequence[float], b: Sequence[float]) -> float:
    """Return the cosine of two embeddings."""
    x, y = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    return float(x @ y / (np.linalg.norm(x) * np.linalg.norm(y)))


def norm(embedding: Sequence[float]) -> float:
    """Return the L2 length of an embedding."""
    return float(np.linalg.norm(np.asarray(embedding, dtype=np.float64)))


def seconds_to_fail(function: Callable[[], Any]) -> str:
    """Return the seconds until a call fails, and its error."""
    began = time.perf_counter()
    said = outcome(function)
    return f"{time.perf_counter() - began:.1f} s, {str(said).partition(':')[0]}"
