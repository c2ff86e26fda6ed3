"""The exported graph on ONNX Runtime."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as state

from qwen3_embed_integrations.core.errors import CheckpointError, ConfigError, did_you_mean
from qwen3_embed_integrations.core.types import FloatArray

from .graph_inputs import Arrays
from .saturation import saturates
from .session import Session, ThreadPlan, check_names

_CPU = "CPUExecutionProvider"
_SHORT_NAMES = {
    "cpu": _CPU,
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "rocm": "MIGraphXExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "directml": "DmlExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
}
_PACKAGES = {
    "CUDAExecutionProvider": "onnxruntime-gpu",
    "TensorrtExecutionProvider": "onnxruntime-gpu",
    "DmlExecutionProvider": "onnxruntime-directml",
    "OpenVINOExecutionProvider": "onnxruntime-openvino",
}
"""Provider → the distribution of ONNX Runtime that has it."""
_LOAD_ERRORS = (state.Fail, state.InvalidArgument, state.InvalidGraph, state.InvalidProtobuf, state.NotImplemented)
_CODES = re.compile(r"\[ONNXRuntimeError\] : \d+ : \w+ : |/onnxruntime_src/\S+ .*?\) (?=[A-Z\[])")
_FATAL = 4  # the log level: errors become exceptions, which name the model


class OnnxruntimeSession(Session):
    """The graph on ONNX Runtime.

    Args:
        graph: The file; its data lies beside it.
        provider: Its full or short name; None for the CPU. What it can't compute runs on the CPU.
        threads: How it uses the cores.

    Raises:
        CheckpointError: The graph or its data can't be read, or this version doesn't know its operators.
        ConfigError: There is no such provider here.
    """

    def __init__(self, graph: Path, provider: str | None, threads: ThreadPlan) -> None:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = _FATAL
        options.intra_op_num_threads = threads.n_threads or 0
        if saturates():
            options.add_session_config_entry("session.x64quantprecision", "1")
        providers = list(dict.fromkeys((find_provider(provider), _CPU)))
        try:
            self._session = onnxruntime.InferenceSession(str(graph), options, providers=providers)
        except _LOAD_ERRORS as error:
            raise CheckpointError(
                f"onnxruntime {onnxruntime.__version__} can't load {graph} ({_reason(error)}). Use onnxruntime 1.23 or "
                "later, or export the model again."
            ) from error
        if providers[0] not in self._session.get_providers():
            raise ConfigError(
                f"provider={provider!r} is installed and could not start here; ONNX Runtime fell back to the CPU. "
                'Check its driver and libraries, or use provider="cpu".'
            )
        inputs = [one.name for one in self._session.get_inputs()]
        check_names(graph, inputs, [one.name for one in self._session.get_outputs()])

    def run(self, inputs: Arrays, outputs: Sequence[str]) -> list[FloatArray]:
        """Return the outputs of these names.

        Raises:
            MemoryError: The batch doesn't fit into memory.
        """
        try:
            found: list[FloatArray] = self._session.run(list(outputs), inputs)
        except Exception as error:  # onnxruntime raises RuntimeException, which it doesn't export
            if "allocate" in str(error):
                raise MemoryError(_reason(error)) from error
            raise
        return found


def find_provider(name: str | None) -> str:
    """Return the full name of an execution provider.

    Raises:
        ConfigError: This installation of ONNX Runtime doesn't have it.
    """
    available = onnxruntime.get_available_providers()
    full = _SHORT_NAMES.get((name or "cpu").lower(), name or _CPU)
    if full in available:
        return full
    package = _PACKAGES.get(full)
    remedy = f' Run: pip uninstall onnxruntime, then pip install "{package}".' if package else ""
    raise ConfigError(
        f"onnxruntime {onnxruntime.__version__} has no provider {name!r} here; it has {', '.join(available)}."
        f"{did_you_mean(full, available)}{remedy}"
    )


def _reason(error: Exception) -> str:
    """Return the message of ONNX Runtime on one line, without its codes and the place in its own source."""
    message = str(error).rpartition("failed:")[2] or str(error)
    return _CODES.sub("", " ".join(message.split()))[:300]
