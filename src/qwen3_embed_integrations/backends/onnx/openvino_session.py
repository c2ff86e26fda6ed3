"""The exported graph on OpenVINO."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openvino

from qwen3_embed_integrations.core.errors import CheckpointError, ConfigError
from qwen3_embed_integrations.core.types import FloatArray

from .graph_inputs import Arrays
from .session import Session, ThreadPlan, check_bfloat16, check_names


class OpenvinoSession(Session):
    """The graph on OpenVINO, in float32 unless bfloat16 is asked for: by itself OpenVINO takes that where it can.

    Args:
        graph: The file; its data lies beside it.
        device: OpenVINO's name of a device; None for the CPU.
        threads: How it uses the cores of a CPU.
        precision: Of a CPU's products: "f32" or "bf16".

    Raises:
        CheckpointError: The graph or its data can't be read.
        ConfigError: There is no such device here, or its CPU has no bfloat16.
    """

    def __init__(self, graph: Path, device: str | None, threads: ThreadPlan, precision: str = "f32") -> None:
        core = openvino.Core()
        name = find_device(device, core.available_devices)
        if precision == "bf16":
            check_bfloat16(core.get_property(name, "OPTIMIZATION_CAPABILITIES"))
        try:
            model = core.read_model(graph)
            settings: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY"}
            if name == "CPU":
                settings["INFERENCE_PRECISION_HINT"] = precision
                settings["NUM_STREAMS"] = threads.n_streams
                if threads.n_threads:
                    settings["INFERENCE_NUM_THREADS"] = threads.n_threads * threads.n_streams
            self._model = core.compile_model(model, name, settings)
        except RuntimeError as error:
            reason = " ".join(str(error).split())[:300]
            raise CheckpointError(
                f"openvino {openvino.__version__} can't load {graph} ({reason}). Export the model again, or use "
                'runtime="onnxruntime".'
            ) from error
        inputs = [one.any_name for one in self._model.inputs]
        check_names(graph, inputs, [one.any_name for one in self._model.outputs])
        self._here = threading.local()

    def run(self, inputs: Arrays, outputs: Sequence[str]) -> list[FloatArray]:
        """Return copies of the outputs of these names."""
        request = getattr(self._here, "request", None)
        if request is None:
            request = self._here.request = self._model.create_infer_request()
        found = request.infer(inputs, share_inputs=True)
        return [found[name].copy() for name in outputs]


def find_device(name: str | None, available: Sequence[str]) -> str:
    """Return the name of an OpenVINO device as OpenVINO spells it.

    Raises:
        ConfigError: There is no such device.
    """
    wanted = (name or "CPU").upper()
    if wanted.partition(".")[0] not in {one.partition(".")[0] for one in available}:
        raise ConfigError(f"OpenVINO has no device {name!r} here; it has {', '.join(available)}. Use one of these.")
    return wanted
