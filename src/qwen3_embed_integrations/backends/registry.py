"""Config → loaded backend, one a process; the only place that imports a runtime.

A runtime is a module or object with `open_model` and `build_backend` (`core.protocols.Runtime`). Another distribution
adds one by an entry point of the group `qwen3_embed_integrations.backends`; its name is then a value of `backend`.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar, cast

from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.consent import require_consent
from qwen3_embed_integrations.core.errors import ConfigError, missing_extra
from qwen3_embed_integrations.core.model_info import ModelInfo
from qwen3_embed_integrations.core.options import BUILT_IN_BACKENDS, backend_entry_points
from qwen3_embed_integrations.core.protocols import Backend, OpenedModel, Runtime

if TYPE_CHECKING:
    from qwen3_embed_integrations.core.reranker_config import RerankerRuntimeConfig

    from .remote.probe import ServerProbe
    from .remote.rerank_backend import RerankBackend

__all__ = [
    "is_loaded",
    "is_model_info_known",
    "load_backend",
    "model_info",
    "open_probe",
    "open_rerank_probe",
    "registry_size",
    "report_plan",
    "unload_backend",
    "use_runtime",
    "waiting_calls",
]


class _Slot:
    """One model: what is known of it and its loaded backend, each made once.

    A slot leaves the registry with its model. A caller that waited for its lock meanwhile takes a new one.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.model: OpenedModel | None = None
        self.backend: Backend | None = None
        self.is_removed = False


_Result = TypeVar("_Result")

_override: Runtime | None = None
_slots: dict[tuple[Any, ...], _Slot] = {}
_slots_lock = threading.Lock()


def model_info(config: EncoderConfig) -> ModelInfo:
    """Return what is known of the model of `config`; read JSON, perhaps ask a server, load no weights."""
    known = _slots.get(config.model_key)
    if known is not None and (model := known.model) is not None:
        return model.model_info
    with _opened(config) as slot:
        return _model(slot, config).model_info


def load_backend(config: EncoderConfig) -> Backend:
    """Return the process's one backend for this model; load it at the first call.

    Configs that differ only in options of other scopes (dimension, task, …) share it.
    """
    known = _slots.get(config.model_key)
    if known is not None and (backend := known.backend) is not None:
        return backend
    with _opened(config) as slot:
        if slot.backend is None:
            model = _model(slot, config)
            slot.backend = _call(config.backend, lambda runtime: runtime.build_backend(config, model))
        return slot.backend


def is_model_info_known(config: EncoderConfig) -> bool:
    """Tell whether `model_info` answers at once."""
    slot = _slots.get(config.model_key)
    return slot is not None and slot.model is not None


def report_plan(config: EncoderConfig) -> list[tuple[str, str]]:
    """Return how this machine would compute the model of `config`, and why; measure, load no weights."""
    name = "onnx" if config.backend == "onnx" else "torch"
    with _opened(config) as slot:
        model = _model(slot, config)
        report = _call(name, lambda runtime: cast("Any", runtime).report_plan(config, model))
        return cast("list[tuple[str, str]]", report)


def open_probe(config: EncoderConfig) -> ServerProbe:
    """Return a probe of the server of `config`, which is asked directly: no model is registered.

    Raises:
        ConfigError: If an option doesn't fit the engine.
        MissingExtraError: If the extra "remote" is not installed.
    """
    probe: ServerProbe = _call("remote", lambda runtime: cast("Any", runtime).ServerProbe(config))
    return probe


def open_rerank_probe(config: RerankerRuntimeConfig) -> RerankBackend:
    """Return a backend that scores on the server of `config`, unregistered and not yet connected; raise as above."""
    backend: RerankBackend = _call("remote", lambda runtime: cast("Any", runtime).open_rerank_probe(config))
    return backend


def is_loaded(config: EncoderConfig) -> bool:
    """Tell whether the weights of `config` are in memory."""
    slot = _slots.get(config.model_key)
    return slot is not None and slot.backend is not None


def registry_size() -> int:
    """Return how many models are known or loaded."""
    return len(_slots)


def waiting_calls() -> list[tuple[str, int]]:
    """Return the name of each loaded model, and how many of its calls have no result yet."""
    slots = [(slot.model, slot.backend) for slot in list(_slots.values())]
    return [(model.model_info.model, backend.n_waiting) for model, backend in slots if model and backend]


def unload_backend(config: EncoderConfig) -> None:
    """Compute what waits and free the weights; the next call loads them again."""
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
    """Hold the slot of a model; after an error one that loaded nothing is removed: the next call opens it anew."""
    key = config.model_key
    while True:
        with _slots_lock:
            slot = _slots.setdefault(key, _Slot())
        with slot.lock:
            if slot.is_removed:
                continue
            try:
                yield slot
            except BaseException:
                if slot.backend is None:
                    _remove(key, slot)
                raise
            return


def _remove(key: tuple[Any, ...], slot: _Slot) -> None:
    """Take a slot, whose lock the caller holds, out of the registry."""
    slot.is_removed = True
    with _slots_lock:
        if _slots.get(key) is slot:
            del _slots[key]


def _model(slot: _Slot, config: EncoderConfig) -> OpenedModel:
    """Return what is known of the slot's model; the caller holds its lock."""
    if slot.model is None:
        if config.base_url is not None and _override is None:
            require_consent(config.base_url, config.api_key_env)
        slot.model = _call(config.backend, lambda runtime: runtime.open_model(config))
    return slot.model


def _call(name: str, step: Callable[[Runtime], _Result]) -> _Result:
    """Take a step of a runtime; a package that is not installed is named with the extra that installs it."""
    try:
        return step(_runtime(name))
    except ModuleNotFoundError as error:
        if name not in BUILT_IN_BACKENDS:
            raise
        raise missing_extra(error.name or name, name) from error


def _runtime(name: str) -> Runtime:
    if _override is not None:
        return _override
    if name in BUILT_IN_BACKENDS:
        return cast("Runtime", import_module(BUILT_IN_BACKENDS[name]))
    points = backend_entry_points()
    if name not in points:
        raise ConfigError(f"The backend {name!r} is no longer installed. Installed: {', '.join(sorted(points))}.")
    runtime: Runtime = points[name].load()
    lacking = [step for step in ("open_model", "build_backend") if not callable(getattr(runtime, step, None))]
    if lacking:
        raise ConfigError(
            f"The entry point {points[name].value!r} of the backend {name!r} has no function {lacking[0]!r}. It "
            "must name a module or object with open_model(config) and build_backend(config, model)."
        )
    return runtime


@contextmanager
def use_runtime(runtime: Runtime) -> Iterator[None]:
    """Let one runtime open and load every model while the block runs, whatever `backend` says; for tests.

    Models that were loaded before are set aside and come back when the block ends.
    """
    global _override, _slots
    before = (_override, _slots)
    _override, _slots = runtime, {}
    try:
        yield
    finally:
        _discard_all()
        _override, _slots = before


def _discard_all() -> None:
    """End every backend at the interpreter's exit: only daemon threads can still wait, and nobody waits for them."""
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
