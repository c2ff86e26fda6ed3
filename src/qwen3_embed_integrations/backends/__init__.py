"""Text → raw rows: the process-wide registry of loaded models, and the only lazy import of a runtime."""

from __future__ import annotations

import atexit
import os
import threading
from importlib import import_module
from types import ModuleType

from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.errors import missing_extra
from qwen3_embed_integrations.core.facts import ModelFacts

from .base import Backend, Request
from .checkpoint import Checkpoint, open_checkpoint

__all__ = ["Backend", "Request", "describe", "is_loaded", "load_backend", "unload_backend"]


class _Slot:
    """One model: its checkpoint and its loaded backend, each made once."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.checkpoint: Checkpoint | None = None
        self.backend: Backend | None = None


_slots: dict[EncoderConfig, _Slot] = {}
_slots_lock = threading.Lock()


def describe(config: EncoderConfig) -> ModelFacts:
    """Gives what the checkpoint of `config` says of itself; reads JSON, loads no weights."""
    return _checkpoint(_slot(config), config).facts


def load_backend(config: EncoderConfig) -> Backend:
    """Gives the process's one backend for this model, loading it at the first call.

    Configs that differ only in options of other scopes (dimension, task, …) share it.
    """
    slot = _slot(config)
    if slot.backend is None:
        with slot.lock:
            if slot.backend is None:
                slot.backend = _runtime().build(config, _checkpoint(slot, config))
    return slot.backend


def is_loaded(config: EncoderConfig) -> bool:
    """Tells whether the weights of `config` are in memory."""
    return _slot(config).backend is not None


def unload_backend(config: EncoderConfig) -> None:
    """Finishes what waits and frees the weights; the next call loads them again."""
    slot = _slot(config)
    with slot.lock:
        backend, slot.backend, slot.checkpoint = slot.backend, None, None
    if backend is not None:
        backend.close()


def _slot(config: EncoderConfig) -> _Slot:
    key = config.model_key()
    with _slots_lock:
        return _slots.setdefault(key, _Slot())


def _checkpoint(slot: _Slot, config: EncoderConfig) -> Checkpoint:
    with slot.lock:
        if slot.checkpoint is None:
            slot.checkpoint = open_checkpoint(config)
        return slot.checkpoint


def _runtime() -> ModuleType:
    try:
        return import_module(".torch", __name__)
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "torch", "torch") from error


def _close_all() -> None:
    for slot in list(_slots.values()):
        if slot.backend is not None:
            slot.backend.close()


def _after_fork() -> None:
    """A forked child has the weights but none of the threads; its locks may be held by a thread that is gone."""
    global _slots_lock  # noqa: PLW0603 - a lock that another thread held at the fork can never be released
    _slots_lock = threading.Lock()
    for slot in _slots.values():
        slot.lock = threading.RLock()
        if slot.backend is not None:
            slot.backend.after_fork()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
