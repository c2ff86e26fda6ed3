"""The exported graph, loaded by a runtime."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from qwen3_embed_integrations.core.errors import CheckpointError, ConfigError
from qwen3_embed_integrations.core.types import FloatArray

from .graph_inputs import INPUT_NAMES, OUTPUT_NAMES, Arrays

_SMALL_BYTES = 100_000_000


class Session(ABC):
    """A loaded graph. `run` may be called by several threads at once."""

    @abstractmethod
    def run(self, inputs: Arrays, outputs: Sequence[str]) -> list[FloatArray]:
        """Return the outputs of these names.

        Raises:
            MemoryError: The batch doesn't fit into memory.
        """


def check_names(graph: Path, inputs: Collection[str], outputs: Collection[str]) -> None:
    """Check that a graph has the inputs and outputs of an exported one.

    Raises:
        CheckpointError: It has others.
    """
    for what, found, expected in (("inputs", inputs, INPUT_NAMES), ("outputs", outputs, OUTPUT_NAMES)):
        if set(found) != set(expected):
            raise CheckpointError(
                f"{graph} has the {what} {', '.join(sorted(found))}; a graph that this package exported has "
                f"{', '.join(sorted(expected))}. Export the model again with `qwen3-embed export`."
            )


def check_bfloat16(capabilities: Sequence[str]) -> None:
    """Check that OpenVINO multiplies bfloat16 on this CPU.

    Args:
        capabilities: What it says of itself, such as "FP32" and "BF16".

    Raises:
        ConfigError: It doesn't, and OpenVINO would compute in float32 without a word.
    """
    if "BF16" not in capabilities:
        raise ConfigError(
            f'dtype="bfloat16", but OpenVINO has {", ".join(capabilities)} on this CPU. Omit dtype for float32.'
        )


@dataclass(frozen=True)
class ThreadPlan:
    """How a runtime uses the cores.

    Attributes:
        n_streams: Batches that are computed at once.
        n_threads: Threads of each; None for one on each physical core.
    """

    n_streams: int
    n_threads: int | None

    def __str__(self) -> str:
        threads = f"{self.n_threads} thread(s)" if self.n_threads else "a thread for each physical core"
        return f"{self.n_streams} batch(es) at once, {threads} each"


def plan_threads(n_bytes: int) -> ThreadPlan:
    """Return the plan for a model of `n_bytes`.

    The products of a small model are too short to share: its batches run side by side, each on one thread.
    """
    count = _n_threads()
    if n_bytes <= _SMALL_BYTES:
        return ThreadPlan(count or os.cpu_count() or 1, 1)
    return ThreadPlan(1, count)


def _n_threads() -> int | None:
    """Return how many threads a runtime may use: OMP_NUM_THREADS, or the cores that this process may use.

    None where neither limits it: the runtime then takes one thread for each physical core.
    """
    stated = os.environ.get("OMP_NUM_THREADS", "")
    if stated.isdecimal() and int(stated):
        return int(stated)
    n_allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    return n_allowed if n_allowed != os.cpu_count() else None
