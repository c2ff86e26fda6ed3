"""A packed batch → pooled embeddings by an execution plan, on a CPU; `gpu.forward` computes elsewhere."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from qwen3_embed_integrations.backends.prefix_cache import PrefixCache
from qwen3_embed_integrations.checkpoints.checkpoint import Checkpoint, read_json
from qwen3_embed_integrations.core.packing import PackedBatch, pack
from qwen3_embed_integrations.core.protocols import Streams
from qwen3_embed_integrations.core.types import FloatArray

from .architecture import Qwen3Architecture, is_plain
from .attention import Layout, PrefixStates
from .device import choose_dtype, empty_cache, to_device, use_threads
from .kernels.linear import row_multiple
from .load import TokenModel, load_model
from .memory import available_memory, dtype_that_fits
from .modeling_qwen3 import PackedQwen3
from .plan_selection import Chosen, choose_plan, computed_dtype
from .pooling import pool
from .thread_team import ThreadTeam

_USUAL_QUERY = 16  # tokens
_MANY = 384  # tokens from which a thread team is faster than torch's own threads

logger = logging.getLogger(__name__)


class TorchForward:
    """A packed batch → pooled embeddings. Embeddings that overflow in a small dtype are computed again in float32.

    Args:
        checkpoint: The model's files.
        device: Where the model runs.
        dtype: The dtype of the matrix products, or its name in `EncoderConfig`.
        plan: The pinned fields of the plan, as in `EncoderConfig`.

    Raises:
        CheckpointError: Weights are missing, of the wrong shape or unreadable.
        ConfigError: The dtype or a pin can't be used here.
    """

    def __init__(
        self, checkpoint: Checkpoint, device: torch.device, dtype: str | torch.dtype = "auto", plan: str = "auto"
    ) -> None:
        self._checkpoint = checkpoint
        self._device = device
        self._config = read_json(checkpoint.folder / "config.json")
        self.dtype, self.chosen = choose_arithmetic(self._config, device, dtype, plan)
        self.plan = self.chosen.plan
        if self.chosen.low_memory:
            logger.warning("%s: %s", checkpoint.model_info.model, self.chosen.low_memory)
        self._is_exact = computed_dtype(self.plan, self.dtype) == torch.float32  # nothing to compute again
        self._n_threads = torch.get_num_threads()
        self._here = threading.local()
        self.streams = Streams(self.plan.streams, self._enter_stream)
        self._model = load_model(checkpoint, device, self.dtype, self.plan)
        no_prefix: PrefixStates = ()
        self._prefixes = PrefixCache(self._prefix_states, no_prefix)
        self._exact: TokenModel | None = None
        self._loading = threading.Lock()

    def __call__(self, batch: PackedBatch) -> FloatArray:
        """Return the embeddings, `[n, hidden_size]` float32; one may still be non-finite, which the caller checks.

        Raises:
            MemoryError: The batch doesn't fit into the device's memory.
        """
        try:
            return self._finite(batch)
        except RuntimeError as error:
            if not _is_out_of_memory(error):
                raise
            reason = str(error).partition("\n")[0]
        # after the except block, and without the error as context: its frames keep the batch's activations alive
        empty_cache(self._device)
        raise MemoryError(reason)

    def _finite(self, batch: PackedBatch) -> FloatArray:
        """Return the embeddings; compute those that overflow in 16 bits again in float32."""
        embeddings = self._run(self._model, batch)
        bad = np.flatnonzero(~np.isfinite(embeddings).all(axis=1))
        if bad.size and not self._is_exact:
            logger.warning("%d embeddings overflowed in %s; computing them in float32", bad.size, self.dtype)
            embeddings[bad] = self._run(self._in_float32(), batch.without_prefix())[bad]
        return embeddings

    def warm_up(self, prefix: tuple[int, ...]) -> None:
        """Compute a short query, so that the first call doesn't pay for one-time work.

        That is: creating oneDNN's kernels, loading numba's, and the keys and values of `prefix` (token ids).
        """
        self._run(self._model, pack([[0] * _USUAL_QUERY], prefix))

    def _enter_stream(self, n_sharing: int) -> None:
        """Set the calling thread's share of torch's threads."""
        self._here.is_alone = n_sharing == 1
        if self._device.type == "cpu":
            use_threads(max(1, self._n_threads // n_sharing), of=self._n_threads)

    def _in_float32(self) -> TokenModel:
        with self._loading:
            if self._exact is None:
                self._exact = load_model(self._checkpoint, self._device, torch.float32, self.plan)
            return self._exact

    @torch.inference_mode()
    def _run(self, model: TokenModel, batch: PackedBatch) -> FloatArray:
        prefix: PrefixStates = ()
        whole = self._checkpoint.model_info.pooling != "lasttoken"  # other poolings need the states of the prefix
        if isinstance(model, PackedQwen3) and self._device.type == "cpu" and not whole:
            prefix = self._prefixes(batch.prefix)
        else:
            batch = batch.without_prefix()
        n_tokens = len(batch.input_ids)
        n_pad = -n_tokens % row_multiple(n_tokens) if self.plan.matmul == "prepacked" else 0
        input_ids, position_ids = batch.input_ids, batch.position_ids
        if n_pad:
            input_ids, position_ids = np.pad(input_ids, (0, n_pad)), np.pad(position_ids, (0, n_pad))
        ids, positions = to_device(input_ids, self._device), to_device(position_ids, self._device)
        cu_seqlens = to_device(batch.cu_seqlens, self._device)
        layout = Layout.of(batch.lengths.tolist(), cu_seqlens)
        pooling = self._checkpoint.model_info.pooling
        if pooling == "lasttoken":
            ends = cu_seqlens[1:] - 1
            if n_pad:
                ends = torch.nn.functional.pad(ends, (0, -len(ends) % row_multiple(len(ends))))
            embeddings = self._states(model, ids, positions, layout, ends, prefix)[: len(cu_seqlens) - 1]
        else:
            embeddings = pool(self._states(model, ids, positions, layout, None, prefix)[:n_tokens], cu_seqlens, pooling)
        pooled: FloatArray = embeddings.cpu().numpy()
        return pooled

    def _states(  # noqa: PLR0913, PLR0917 - a model's arguments
        self,
        model: TokenModel,
        ids: torch.Tensor,
        positions: torch.Tensor,
        layout: Layout,
        wanted: torch.Tensor | None,
        prefix: PrefixStates,
    ) -> torch.Tensor:
        """Run the model; share a large batch that runs alone among a thread team."""
        count = min(self.plan.streams, self._n_threads)
        many = getattr(self._here, "is_alone", False) and len(ids) >= _MANY
        if many and isinstance(model, PackedQwen3) and model.can_share(count):
            with ThreadTeam(count, of=self._n_threads) as thread_team:
                return model(ids, positions, layout, wanted, prefix, thread_team)
        return model(ids, positions, layout, wanted, prefix)

    @torch.inference_mode()
    def _prefix_states(self, prefix: tuple[int, ...]) -> PrefixStates:
        """Compute the keys and values of a prefix's token ids."""
        if not isinstance(self._model, PackedQwen3):
            raise TypeError("only PackedQwen3 keeps the keys and values of a prefix")
        ids, cu_seqlens = torch.tensor(prefix), torch.tensor([0, len(prefix)])
        return self._model.keys_values(ids, Layout.of([len(prefix)], cu_seqlens))


def choose_arithmetic(
    config: Mapping[str, Any], device: torch.device, dtype: str | torch.dtype, plan: str
) -> tuple[torch.dtype, Chosen]:
    """Choose the dtype of a model's weights and its execution plan.

    Args:
        config: The model's config.json.
        device: Where the model runs.
        dtype: A dtype, or its name in `EncoderConfig`. "auto" takes a smaller one if the model doesn't fit into memory.
        plan: The pinned fields of the plan.

    Raises:
        ConfigError: The dtype or a pin can't be used here.
    """
    architecture = Qwen3Architecture.of(config)
    low_memory = ""
    chosen = choose_dtype(dtype, device, architecture.n_parameters) if isinstance(dtype, str) else dtype
    if dtype == "auto" and device.type == "cpu":
        chosen, low_memory = dtype_that_fits(chosen, architecture, available_memory(), can_be_int8=is_plain(config))
    return chosen, choose_plan(plan, device, chosen, architecture.n_parameters, low_memory)


def _is_out_of_memory(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)
