"""Text → raw embeddings: the process-wide registry of loaded models, and the only lazy import of a runtime."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any, Protocol

from qwen3_embed_integrations.checkpoints.checkpoint import open_checkpoint
from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.errors import missing_extra
from qwen3_embed_integrations.core.model_info import ModelInfo
from qwen3_embed_integrations.core.protocols import Backend

__all__ = [
    "is_loaded",
    "is_model_info_known",
    "load_backend",
    "model_info",
    "registry_size",
    "report_plan",
    "unload_backend",
]


class _Model(Protocol):
    """What a runtime knows of a model before it is loaded."""

    @property
    def model_info(self) -> ModelInfo: ...


class _Slot:
    """One model: what is known of it and its loaded backend, each made once.

    A slot leaves the registry with its model. A caller that waited for its lock meanwhile takes a new one.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.model: _Model | None = None
        self.backend: Backend | None = None
        self.is_removed = False


_slots: dict[tuple[Any, ...], _Slot] = {}
_slots_lock = threading.Lock()


def model_info(config: EncoderConfig) -> ModelInfo:
    """Gives what is known of the model of `config`; reads JSON, may ask a server, loads no weights."""
    with _opened(config) as slot:
        return _model(slot, config).model_info


def load_backend(config: EncoderConfig) -> Backend:
    """Gives the process's one backend for this model, loading it at the first call.

    Configs that differ only in options of other scopes (dimension, task, …) share it.
    """
    known = _slots.get(config.model_key)
    if known is not None and (backend := known.backend) is not None:
        return backend
    with _opened(config) as slot:
        if slot.backend is None:
            slot.backend = _runtime(config.backend).build(config, _model(slot, config))
        return slot.backend


def is_model_info_known(config: EncoderConfig) -> bool:
    """Tell whether `model_info` answers at once."""
    slot = _slots.get(config.model_key)
    return slot is not None and slot.model is not None


def report_plan(config: EncoderConfig) -> list[tuple[str, str]]:
    """Gives how this machine computes the model of `config`, and why; measures, loads no weights."""
    with _opened(config) as slot:
        report: list[tuple[str, str]] = _runtime("torch").report_plan(config, _model(slot, config))
    return report


def is_loaded(config: EncoderConfig) -> bool:
    """Tell whether the weights of `config` are in memory."""
    slot = _slots.get(config.model_key)
    return slot is not None and slot.backend is not None


def registry_size() -> int:
    """Return how many models are known or loaded."""
    return len(_slots)


def unload_backend(config: EncoderConfig) -> None:
    """Finishes what waits and frees the weights; the next call loads them again."""
    slot = _slots.get(config.model_key)
    if slot is None:
        return
    with slot.lock:
        backend, slot.backend, slot.model = slot.backend, None, None
        _remove(config.model_key, slot)
    if backend is not None:
        backend.close()


@contextmanager
def _opened(config: EncoderConfig) -> Iterator[_Slot]:
    """Hold the slot of a model; one that stays empty, as after an error, is removed again."""
    key = config.model_key
    while True:
        with _slots_lock:
            slot = _slots.setdefault(key, _Slot())
        with slot.lock:
            if slot.is_removed:
                continue
            try:
                yield slot
            finally:
                if slot.model is None and slot.backend is None:
                    _remove(key, slot)
            return


def _remove(key: tuple[Any, ...], slot: _Slot) -> None:
    """Take a slot, whose lock the caller holds, out of the registry."""
    slot.is_removed = True
    with _slots_lock:
        if _slots.get(key) is slot:
            del _slots[key]


def _model(slot: _Slot, config: EncoderConfig) -> _Model:
    """Return what is known of the slot's model; the caller holds its lock."""
    if slot.model is None:
        slot.model = open_checkpoint(config) if config.backend == "torch" else _opened_remotely(config)
    return slot.model


def _opened_remotely(config: EncoderConfig) -> _Model:
    model: _Model = _runtime("remote").open_model(config)
    return model


def _runtime(name: str) -> ModuleType:
    """Gives the module of a runtime; the extra that installs what it stands on has its name."""
    try:
        return import_module(f".{name}", __package__)
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or name, name) from error


def _discard_all() -> None:
    """Ends every backend at the interpreter's exit: only daemon threads can still wait, and nobody waits for them."""
    for slot in list(_slots.values()):
        if slot.backend is not None:
            slot.backend.close(discard=True)


def _after_fork() -> None:
    """A forked child has the weights but none of the threads; its locks may be held by a thread that is gone."""
    global _slots_lock  # noqa: PLW0603 - a lock that another thread held at the fork can never be released
    _slots_lock = threading.Lock()
    for slot in list(_slots.values()):
        slot.lock = threading.RLock()
        if slot.backend is not None:
            slot.backend.after_fork()


atexit.register(_discard_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
