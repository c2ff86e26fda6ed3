"""Find out what an embedding server really does with texts, by sending it some.

A wrong end token or prompt yields embeddings that look right and rank wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np

from qwen3_embed_integrations.backends.registry import load_backend, open_probe
from qwen3_embed_integrations.core.catalog import MIN_DIMENSION, MODELS
from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.errors import MissingExtraError, Qwen3EmbedError
from qwen3_embed_integrations.core.matryoshka import truncate_and_normalize
from qwen3_embed_integrations.core.prompts import DEFAULT_TASK, END_TOKEN, TASKS, query_prompt
from qwen3_embed_integrations.core.protocols import EmbedRequest
from qwen3_embed_integrations.core.types import FloatArray

Outcome = Literal["ok", "warning", "failure", "unknown"]

_ONE_TOKEN = "a"  # noqa: S105 - a single token in every Qwen3 vocabulary, and no secret
_CONTROL = "<|im_start|>"
_TEXTS = (
    "The capital of China is Beijing.",
    query_prompt(TASKS[DEFAULT_TASK].instruction) + "What is the capital of China?",
    "Gravity is a force that attracts two bodies towards each other.",
    "def area(radius):\n    return 3.14159 * radius**2",
    "La gravité attire les corps. 重力使物体相互吸引。",
)
_LENGTH = 8192  # tokens; none of the texts comes near
_SAME_NORM = 1e-3
_SAME_EMBEDDING = 0.9999  # cosine: 16-bit arithmetic and other batches stay above
_QUANTISED = 0.99  # cosine: what 8-bit weights do


@dataclass(frozen=True)
class Check:
    """One check of the server.

    Attributes:
        name: What was checked.
        outcome: "ok", "warning", "failure", or "unknown" if the server does not say.
        found: What was found, and what to do.
    """

    name: str
    outcome: Outcome
    found: str


def diagnose(config: EncoderConfig, local: EncoderConfig | None = None) -> list[Check]:
    """Check what a server does with texts.

    Args:
        config: With `backend="remote"`; its end-token and naming options are tried as they are.
        local: The same model on this machine, to compare embeddings with.

    Returns:
        The checks in the order in which they were made; the first request that fails ends them.

    Raises:
        MissingExtraError: If the extra "remote" is not installed.
    """
    return run_checks(lambda: _Checks(config, local))


class ServerChecks(Protocol):
    """Checks of one server, on one connection."""

    @property
    def connection(self) -> AbstractContextManager[Any]:
        """Closes the connection at its end."""
        ...

    def all(self) -> Iterator[Check]:
        """Make the checks one by one."""
        ...


def run_checks(connect: Callable[[], ServerChecks]) -> list[Check]:
    """Return the checks in the order in which they were made; the first request that fails ends them.

    Raises:
        MissingExtraError: If the extra "remote" is not installed.
    """
    found: list[Check] = []
    try:
        checks = connect()
    except MissingExtraError:
        raise
    except Qwen3EmbedError as error:
        return [Check("options", "failure", str(error))]
    with checks.connection:
        try:
            found.extend(checks.all())
        except Qwen3EmbedError as error:
            found.append(Check("answer", "failure", str(error)))
    return found


class _Checks:
    """The checks, on one connection."""

    def __init__(self, config: EncoderConfig, local: EncoderConfig | None) -> None:
        self.probe = self.connection = open_probe(config)
        self._local = local

    def all(self) -> Iterator[Check]:
        first, n_tokens = self.probe.embed([_ONE_TOKEN])
        yield Check("answer", "ok", f"{self.probe.url} answers")
        yield self._dimension(first.shape[1])
        yield _norm(float(np.linalg.norm(first[0])))
        yield self._end_token(n_tokens)
        yield _prompt(n_tokens)
        yield self._order()
        yield self._control_tokens()
        yield self._truncation()
        if self._local is not None:
            yield self._parity(self._local)

    def _dimension(self, width: int) -> Check:
        model_info = self.probe.model_info
        if not model_info.weights and model_info.model not in {published.repo_id for published in MODELS.values()}:
            return Check("dimension", "unknown", f"{width}; nothing is known of {model_info.model!r} here")
        if width == model_info.hidden_size:
            return Check("dimension", "ok", str(width))
        return Check(
            "dimension", "failure", f"{width}, but {model_info.model!r} has {model_info.hidden_size}: another model?"
        )

    def _end_token(self, n_tokens: int | None) -> Check:
        name = "end token"
        if self.probe.sends_token_ids:
            return Check(name, "ok", f"token ids are sent, with {END_TOKEN} at the end")
        if n_tokens is None:
            return Check(name, "unknown", "the server reports no token counts; compare with a local copy (--local)")
        server_appends, we_append = n_tokens > 1, self.probe.appends_end_token
        if server_appends and we_append:
            return Check(name, "failure", "appended twice, by the server and here: set append_end_token=False")
        if not server_appends and not we_append:
            remedy = "set append_end_token=True"
            return Check(name, "failure", f"appended by nobody, so each embedding is that of the last word: {remedy}")
        return Check(name, "ok", f"{END_TOKEN} is appended by {'this package' if we_append else 'the server'}")

    def _order(self) -> Check:
        together, _ = self.probe.embed(_TEXTS)
        alone = np.concatenate([self.probe.embed([text])[0] for text in _TEXTS])
        cosines = _unit(together) @ _unit(alone).T
        if (cosines.argmax(axis=1) != np.arange(len(_TEXTS))).any():
            return Check("order", "failure", "embeddings of a batch come in another order than its texts")
        if cosines.diagonal().min() < _SAME_EMBEDDING:
            lowest = f"a batch changes its embeddings: cosine {cosines.diagonal().min():.5f} to the same text alone"
            return Check("order", "warning", f"{lowest}; set max_batch_texts=1, or update the server")
        return Check("order", "ok", "kept, and a batch has the same embeddings as its texts alone")

    def _control_tokens(self) -> Check:
        _, n_tokens = self.probe.embed([_CONTROL])
        name = "control tokens"
        if n_tokens is None:
            return Check(name, "unknown", "the server reports no token counts")
        if n_tokens > 2:  # noqa: PLR2004 - the control token and the end token
            return Check(name, "ok", f"a text that spells {_CONTROL} stays a text")
        if self.probe.sends_token_ids:
            return Check(name, "ok", f"a text that spells {_CONTROL} would become it, but token ids are sent")
        return Check(
            name, "warning", f"a text that spells {_CONTROL} becomes it; do not embed texts of strangers unfiltered"
        )

    def _truncation(self) -> Check:
        try:
            embeddings, _ = self.probe.embed([_ONE_TOKEN], dimension=MIN_DIMENSION)
            able = embeddings.shape[1] == MIN_DIMENSION
        except Qwen3EmbedError:
            able = False
        can = "can, with server_dimensions=True" if able else "can't; embeddings are truncated here"
        return Check("server dimensions", "ok", f"the server {can}")

    def _parity(self, local: EncoderConfig) -> Check:
        request = EmbedRequest(_TEXTS, max_length=_LENGTH)
        ours = _unit(load_backend(local).submit(request).result().embeddings)
        as_set = _lowest_cosine(ours, self.probe.embed_as_configured(request))
        if as_set >= _SAME_EMBEDDING:
            return Check("parity", "ok", f"lowest cosine {as_set:.6f} to the local copy")
        other_end = "" if self.probe.appends_end_token else END_TOKEN
        other = _lowest_cosine(ours, self.probe.embed([text + other_end for text in _TEXTS])[0])
        if other >= _QUANTISED > as_set:
            return Check("parity", "failure", f"cosine {as_set:.4f}: the other append_end_token gives {other:.4f}")
        if as_set >= _QUANTISED:
            return Check("parity", "warning", f"lowest cosine {as_set:.4f} to the local copy: quantised weights?")
        return Check("parity", "failure", f"lowest cosine {as_set:.4f} to the local copy: another model or pooling")


def _norm(norm: float) -> Check:
    if abs(norm - 1) <= _SAME_NORM:
        return Check("unit norm", "ok", "embeddings have unit length")
    return Check(
        "unit norm",
        "warning",
        f"embeddings have length {norm:.4g}; they are normalised here, so there is nothing to do",
    )


def _prompt(n_tokens: int | None) -> Check:
    if n_tokens is None:
        return Check("prompt", "unknown", "the server reports no token counts; compare with a local copy (--local)")
    if n_tokens > 2:  # noqa: PLR2004 - the text's one token and the end token
        return Check(
            "prompt", "failure", f"the server adds {n_tokens - 2} tokens to every text: switch its own prompt off"
        )
    return Check("prompt", "ok", "the server adds none of its own")


def _unit(embeddings: FloatArray) -> FloatArray:
    return truncate_and_normalize(embeddings, embeddings.shape[1])


def _lowest_cosine(a: FloatArray, b: FloatArray) -> float:
    return float((_unit(a) * _unit(b)).sum(axis=1).min()) if a.shape == b.shape else 0.0
