"""Text → raw rows: the process-wide registry of loaded models, and the only lazy import of a runtime."""

from __future__ import annotations

import atexit
import os
import threading
from importlib import import_module
from types import ModuleType
from typing import Any, Protocol

from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.errors import missing_extra
from qwen3_embed_integrations.core.facts import ModelFacts

from .base import Backend, Request, wait_for
from .checkpoint import open_checkpoint

__all__ = [
    "Backend",
    "Request",
    "describe",
    "is_described",
    "is_loaded",
    "load_backend",
    "report_plan",
    "unload_backend",
    "wait_for",
]


class _Model(Protocol):
    """What a runtime knows of a model before it is loaded."""

    @property
    def facts(self) -> ModelFacts: ...


class _Slot:
    """One model: what is known of it and its loaded backend, each made once."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.model: _Model | None = None
        self.backend: Backend | None = None


_slots: dict[tuple[Any, ...], _Slot] = {}
_slots_lock = threading.Lock()


def describe(config: EncoderConfig) -> ModelFacts:
    """Gives what is known of the model of `config`; reads JSON, may ask a server, loads no weights."""
    return _model(_slot(config), config).facts


def load_backend(config: EncoderConfig) -> Backend:
    """Gives the process's one backend for this model, loading it at the first call.

    Configs that differ only in options of other scopes (dimension, task, …) share it.
    """
    slot = _slot(config)
    if slot.backend is None:
        with slot.lock:
            if slot.backend is None:
                slot.backend = _runtime(config.backend).build(config, _model(slot, config))
    return slot.backend


def is_described(config: EncoderConfig) -> bool:
    """Tells whether `describe` answers at once."""
    return _slot(config).model is not None


def report_plan(config: EncoderConfig) -> list[tuple[str, str]]:
    """Gives how this machine computes the model of `config`, and why; measures, loads no weights."""
    report: list[tuple[str, str]] = _runtime("torch").report_plan(config, _model(_slot(config), config))
    return report


def is_loaded(config: EncoderConfig) -> bool:
    """Tells whether the weights of `config` are in memory."""
    return _slot(config).backend is not None


def unload_backend(config: EncoderConfig) -> None:
    """Finishes what waits and frees the weights; the next call loads them again."""
    slot = _slot(config)
    with slot.lock:
        backend, slot.backend, slot.model = slot.backend, None, None
    if backend is not None:
        backend.close()


def _slot(config: EncoderConfig) -> _Slot:
    key = config.model_key
    slot = _slots.get(key)
    if slot is None:
        with _slots_lock:
            slot = _slots.setdefault(key, _Slot())
    return slot


def _model(slot: _Slot, config: EncoderConfig) -> _Model:
    with slot.lock:
        if slot.model is None:
            slot.model = open_checkpoint(config) if config.backend == "torch" else _opened_remotely(config)
        return slot.model


def _opened_remotely(config: EncoderConfig) -> _Model:
    model: _Model = _runtime("remote").open_model(config)
    return model


def _runtime(name: str) -> ModuleType:
    """Gives the module of a runtime; the extra that installs what it stands on has its name."""
    try:
        return import_module(f".{name}", __name__)
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or name, name) from error


def _abandon_all() -> None:
    """Ends every backend at the interpreter's exit: only daemon threads can still wait, and nobody waits for them."""
    for slot in list(_slots.values()):
        if slot.backend is not None:
            slot.backend.abandon()


def _after_fork() -> None:
    """A forked child has the weights but none of the threads; its locks may be held by a thread that is gone."""
    global _slots_lock  # noqa: PLW0603 - a lock that another thread held at the fork can never be released
    _slots_lock = threading.Lock()
    for slot in _slots.values():
        slot.lock = threading.RLock()
        if slot.backend is not None:
            slot.backend.after_fork()


atexit.register(_abandon_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
