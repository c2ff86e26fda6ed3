"""Asks a server what it really does: a wrong end token or prompt gives embeddings that look right and rank wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from qwen3_embed_integrations.backends.registry import load_backend
from qwen3_embed_integrations.backends.remote.backend import RemoteBackend
from qwen3_embed_integrations.backends.remote.client import Client, HttpRequest
from qwen3_embed_integrations.backends.remote.discovery import open_model
from qwen3_embed_integrations.backends.remote.http_errors import TooLargeError
from qwen3_embed_integrations.core.catalog import MIN_DIMENSION, MODELS
from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.errors import Qwen3EmbedError
from qwen3_embed_integrations.core.matryoshka import truncate_and_normalize
from qwen3_embed_integrations.core.prompts import DEFAULT_TASK, END_TOKEN, TASKS, query_prompt
from qwen3_embed_integrations.core.protocols import EmbedRequest
from qwen3_embed_integrations.core.types import FloatArray
from qwen3_embed_integrations.scheduling.loop_thread import LoopThread

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
    """One question to the server, and its answer.

    Attributes:
        name: What was asked.
        outcome: "ok", "warning", "failure", or "unknown" where the server does not tell.
        found: What was found, and what to do.
    """

    name: str
    outcome: Outcome
    found: str


def diagnose(config: EncoderConfig, local: EncoderConfig | None = None) -> list[Check]:
    """Gives what a server does with texts, by asking it.

    Args:
        config: With `backend="remote"`; its end-token and naming options are tried as they are.
        local: The same model on this machine, to compare with.

    Returns:
        The checks in the order in which they were made; the first failure to answer ends them.
    """
    found: list[Check] = []
    try:
        examination = _Examination(config, local)
    except Qwen3EmbedError as error:
        return [Check("options", "failure", str(error))]
    try:
        found.extend(examination.checks())
    except (Qwen3EmbedError, TooLargeError) as error:
        found.append(Check("answer", "failure", str(error)))
    finally:
        examination.close()
    return found


class _Examination:
    """The questions, on one connection."""

    def __init__(self, config: EncoderConfig, local: EncoderConfig | None) -> None:
        self._config = config
        self._local = local
        self._model = open_model(config)
        self._target = self._model.target
        self._sends_ids = self._target.send_token_ids is not False and self._model.tokenizer is not None
        self._client = Client(config, self._target)
        self._thread = LoopThread("qwen3-embed-doctor")

    def close(self) -> None:
        self._thread.close(self._client.close())

    def checks(self) -> Iterator[Check]:
        first, n_tokens = self._embeddings_of([_ONE_TOKEN])
        yield Check("answer", "ok", f"{self._target.url} answers")
        yield self._dimension(first.shape[1])
        yield _norm(float(np.linalg.norm(first[0])))
        yield self._end_token(n_tokens)
        yield _prompt(n_tokens)
        yield self._order()
        yield self._control_tokens()
        yield self._truncation()
        if self._local is not None:
            yield self._parity(self._local)

    def _embeddings_of(self, texts: Sequence[str], dimension: int | None = None) -> tuple[FloatArray, int | None]:
        http_request = HttpRequest(list(texts), dimension=dimension)
        return self._thread.submit(self._client.embeddings_and_n_tokens(http_request)).result()

    def _dimension(self, width: int) -> Check:
        model_info = self._model.model_info
        if not model_info.weights and model_info.model not in {published.repo_id for published in MODELS.values()}:
            return Check("dimension", "unknown", f"{width}; nothing is known of {model_info.model!r} here")
        if width == model_info.hidden_size:
            return Check("dimension", "ok", str(width))
        return Check(
            "dimension", "failure", f"{width}, but {model_info.model!r} has {model_info.hidden_size}: another model?"
        )

    def _end_token(self, n_tokens: int | None) -> Check:
        name = "end token"
        if self._sends_ids:
            return Check(name, "ok", f"token ids are sent, {END_TOKEN} last")
        if n_tokens is None:
            return Check(name, "unknown", "the server tells no token counts; compare with a local copy")
        server_appends, we_append = n_tokens > 1, self._target.append_end_token
        if server_appends and we_append:
            return Check(name, "failure", "appended twice, by the server and by us: set append_end_token=False")
        if not server_appends and not we_append:
            remedy = "set append_end_token=True"
            return Check(name, "failure", f"appended by nobody, so embeddings are those of the last word: {remedy}")
        return Check(name, "ok", f"{END_TOKEN} is appended by {'us' if we_append else 'the server'}")

    def _order(self) -> Check:
        together, _ = self._embeddings_of(_TEXTS)
        alone = np.concatenate([self._embeddings_of([text])[0] for text in _TEXTS])
        cosines = _unit(together) @ _unit(alone).T
        if (cosines.argmax(axis=1) != np.arange(len(_TEXTS))).any():
            return Check("order", "failure", "embeddings of a batch come in another order than its texts")
        if cosines.diagonal().min() < _SAME_EMBEDDING:
            lowest = f"a batch changes its embeddings: cosine {cosines.diagonal().min():.5f} to the same text alone"
            return Check("order", "warning", f"{lowest}; set max_batch_texts=1, or update the server")
        return Check("order", "ok", "kept, and a batch gives the embeddings of its texts alone")

    def _control_tokens(self) -> Check:
        _, n_tokens = self._embeddings_of([_CONTROL])
        name = "control tokens"
        if n_tokens is None:
            return Check(name, "unknown", "the server tells no token counts")
        if n_tokens > 2:  # noqa: PLR2004 - the control token and the end token
            return Check(name, "ok", f"a text that spells {_CONTROL} stays a text")
        if self._sends_ids:
            return Check(name, "ok", f"a text that spells {_CONTROL} would become it, but token ids are sent")
        return Check(name, "warning", f"a text that spells {_CONTROL} becomes it; mind texts of strangers")

    def _truncation(self) -> Check:
        try:
            embeddings, _ = self._embeddings_of([_ONE_TOKEN], dimension=MIN_DIMENSION)
            able = embeddings.shape[1] == MIN_DIMENSION
        except (Qwen3EmbedError, TooLargeError):
            able = False
        can = "can, with server_dimensions=True" if able else "can't; embeddings are truncated here"
        return Check("server dimensions", "ok", f"the server {can}")

    def _parity(self, local: EncoderConfig) -> Check:
        request = EmbedRequest(_TEXTS, max_length=_LENGTH)
        ours = _unit(load_backend(local).submit(request).result().embeddings)
        remote = RemoteBackend(self._config, self._model)
        try:
            as_set = _lowest_cosine(ours, remote.submit(request).result().embeddings)
        finally:
            remote.close()
        if as_set >= _SAME_EMBEDDING:
            return Check("parity", "ok", f"lowest cosine {as_set:.6f} to the local copy")
        other_end = "" if self._target.append_end_token else END_TOKEN
        other = _lowest_cosine(ours, self._embeddings_of([text + other_end for text in _TEXTS])[0])
        if other >= _QUANTISED > as_set:
            return Check("parity", "failure", f"cosine {as_set:.4f}: the other append_end_token gives {other:.4f}")
        if as_set >= _QUANTISED:
            return Check("parity", "warning", f"lowest cosine {as_set:.4f} to the local copy: quantised weights?")
        return Check("parity", "failure", f"lowest cosine {as_set:.4f} to the local copy: another model or pooling")


def _norm(norm: float) -> Check:
    if abs(norm - 1) <= _SAME_NORM:
        return Check("unit norm", "ok", "embeddings have unit length")
    return Check("unit norm", "warning", f"embeddings have length {norm:.4g}; they are normalised here, nothing to do")


def _prompt(n_tokens: int | None) -> Check:
    if n_tokens is None:
        return Check("prompt", "unknown", "the server tells no token counts; compare with a local copy")
    if n_tokens > 2:  # noqa: PLR2004 - the text's one token and the end token
        return Check(
            "prompt", "failure", f"the server adds {n_tokens - 2} tokens to every text: switch its own prompt off"
        )
    return Check("prompt", "ok", "the server adds none: ours are all")


def _unit(embeddings: FloatArray) -> FloatArray:
    return truncate_and_normalize(embeddings, embeddings.shape[1])


def _lowest_cosine(a: FloatArray, b: FloatArray) -> float:
    return float((_unit(a) * _unit(b)).sum(axis=1).min()) if a.shape == b.shape else 0.0
