"""Configuration and exported model → a backend that runs the graph; a report of what runs it."""

from __future__ import annotations

from functools import partial

from qwen3_embed_integrations.backends.local import LocalBackend
from qwen3_embed_integrations.checkpoints.exported_model import ExportedModel
from qwen3_embed_integrations.checkpoints.pair_tokenizer import PairTokenizer
from qwen3_embed_integrations.checkpoints.tokenizer import TextTokenizer
from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.errors import ConfigError, missing_extra
from qwen3_embed_integrations.core.protocols import Streams

from .forward import OnnxForward
from .session import Session, ThreadPlan, plan_threads

_CPU_BATCH_TOKENS = 1024
_GPU_BATCH_TOKENS = 16384


class OnnxBackend(LocalBackend):
    """A local backend whose graph is loaded again in a forked child."""

    def __init__(
        self, tokenizer: TextTokenizer, forward: OnnxForward, max_batch_tokens: int, hidden_size: int, n_streams: int
    ) -> None:
        super().__init__(tokenizer, forward, max_batch_tokens, hidden_size, Streams(n_streams, shares=False))
        self._graph = forward

    def after_fork(self) -> None:
        """Load the graph again and start new threads: none of the parent's exists in a forked child."""
        self._graph.reopen()
        super().after_fork()


def load_backend(config: EncoderConfig, model: ExportedModel) -> OnnxBackend:
    """Load the graph and return a backend that runs it.

    Raises:
        CheckpointError: The graph can't be loaded.
        ConfigError: An option doesn't fit the exported model, or there is no such execution provider.
        MissingExtraError: The runtime is not installed.
    """
    _check_options(config, model)
    threads = _plan(config, model)
    forward = OnnxForward(model, partial(open_session, config, model, threads))
    budget = config.max_batch_tokens or (_CPU_BATCH_TOKENS if _is_cpu(config) else _GPU_BATCH_TOKENS)
    if model.manifest.is_reranker:
        backend = OnnxBackend(PairTokenizer(model.folder), forward, budget, 1, threads.n_streams)
        forward.warm_up(())
    else:
        hidden_size = model.model_info.hidden_size
        backend = OnnxBackend(TextTokenizer(model.folder), forward, budget, hidden_size, threads.n_streams)
        forward.warm_up(backend.prefix(model.model_info.query_prompt(config.task)))
    return backend


def _is_cpu(config: EncoderConfig) -> bool:
    return (config.provider or "cpu").lower() in {"cpu", "cpuexecutionprovider"}


def _plan(config: EncoderConfig, model: ExportedModel) -> ThreadPlan:
    n_bytes = sum(one.n_bytes for one in model.manifest.files.values())
    return plan_threads(n_bytes) if _is_cpu(config) else ThreadPlan(1, None)


def open_session(config: EncoderConfig, model: ExportedModel, threads: ThreadPlan) -> Session:
    """Load the graph into the runtime of `config`; raise as `load_backend`."""
    if config.runtime == "openvino":
        try:
            from .openvino_session import OpenvinoSession
        except ModuleNotFoundError as error:
            raise missing_extra("openvino", "openvino") from error
        return OpenvinoSession(model.graph, config.provider, threads, "bf16" if _is_lowered(config) else "f32")
    try:
        from .onnxruntime_session import OnnxruntimeSession
    except ModuleNotFoundError as error:
        raise missing_extra("onnxruntime", "onnx") from error
    return OnnxruntimeSession(model.graph, config.provider, threads)


def _is_lowered(config: EncoderConfig) -> bool:
    """Return whether OpenVINO is to compute in bfloat16 what is stored in more bits."""
    return config.runtime == "openvino" and config.dtype == "bfloat16" and _is_cpu(config)


def _check_options(config: EncoderConfig, model: ExportedModel) -> None:
    """Check the options that belong to torch, and the runtime.

    Raises:
        ConfigError: One of them asks for what an exported graph can't do.
    """
    dtype = model.manifest.dtype
    accepted = {"auto", dtype, dtype.partition("_")[0]}
    if config.dtype not in accepted and not (_is_lowered(config) and dtype in {"float32", "float16"}):
        raise ConfigError(
            f"dtype={config.dtype!r}, but {model.folder} was exported in {dtype}. Omit dtype, or export the model "
            f"again with --dtype {config.dtype}. "
            'Only runtime="openvino" on a CPU computes a float32 or float16 export in bfloat16.'
        )
    if config.runtime == "openvino" and dtype == "int8":
        raise ConfigError(
            f"{model.folder} was exported in int8, whose products OpenVINO does not compute. Use "
            'runtime="onnxruntime", or export the model with --dtype int8_blocks, float16 or float32.'
        )
    if config.device not in {"auto", "cpu"}:
        raise ConfigError(
            f'device={config.device!r} is for backend="torch". With backend="onnx" name an execution provider, as in '
            'provider="cuda".'
        )
    if config.plan != "auto":
        raise ConfigError(f'plan={config.plan!r} is for backend="torch": a runtime plans by itself. Omit it.')


def report(config: EncoderConfig, model: ExportedModel) -> list[tuple[str, str]]:
    """Return what would run the model here, as (name, value); load no weights."""
    manifest = model.manifest
    n_bytes = sum(one.n_bytes for one in manifest.files.values())
    kind = "reranker" if manifest.is_reranker else "embedding model"
    return [
        ("model", f"{manifest.model}, exported {kind}, {manifest.dtype}, opset {manifest.opset}"),
        ("files", f"{n_bytes / 1e6:,.0f} MB, digests as exported"),
        ("runtime", _runtime(config)),
        ("computed in", "bfloat16" if _is_lowered(config) else manifest.dtype),
        ("threads", str(_plan(config, model))),
    ]


def _runtime(config: EncoderConfig) -> str:
    """Return the runtime, its version and its provider.

    Raises:
        ConfigError: There is no such provider.
        MissingExtraError: The runtime is not installed.
    """
    if config.runtime == "openvino":
        try:
            import openvino

            from .openvino_session import find_device
        except ModuleNotFoundError as error:
            raise missing_extra("openvino", "openvino") from error
        return f"openvino {openvino.__version__}, {find_device(config.provider, openvino.Core().available_devices)}"
    try:
        import onnxruntime

        from .onnxruntime_session import find_provider
    except ModuleNotFoundError as error:
        raise missing_extra("onnxruntime", "onnx") from error
    return f"onnxruntime {onnxruntime.__version__}, {find_provider(config.provider)}"
