"""The 4B shape: tokens a second and the estimate of the peak; and a batch that can't fit, computed in halves."""

from __future__ import annotations

import torch
from gpu_setup import SHAPES, batches_of, checkpoint, flops_of, lognormal_lengths, run_all, seconds, start

from qwen3_embed_integrations import Qwen3Encoder
from qwen3_embed_integrations.backends.torch.gpu.memory import peak_bytes

run = start()
shape = run.shape("4B")


def time_4b() -> None:
    """Time the 4B shape; its weights are freed at the end."""
    forward = run.forward("4B")
    run.save(shape=SHAPES[shape])
    for name, lengths in {
        "mixed": lognormal_lengths(4 if run.dry else 600, 130, 64 if run.dry else 4000),
        "equal 512": [64 if run.dry else 512] * (2 if run.dry else 150),
    }.items():
        batches = batches_of(lengths, 16384)
        run_all(forward, batches[:1])
        if not run.dry:
            torch.cuda.reset_peak_memory_stats(run.device)
        taken = seconds(lambda batches=batches: run_all(forward, batches), at_least=2)
        figures = {
            **taken,
            "tokens_a_second": sum(lengths) / taken["median_s"],
            "TFLOP_a_second": flops_of(shape, lengths) / taken["median_s"] / 1e12,
        }
        if not run.dry:
            most = max(len(batch.input_ids) for batch in batches)
            figures["peak_bytes"] = torch.cuda.max_memory_allocated(run.device)
            figures["estimated_bytes"] = peak_bytes(forward._model.architecture, forward._model.dtype, most)  # noqa: SLF001
        run.save(**{f"ours {name}": figures})


time_4b()
if not run.dry:
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(0.06, run.device)  # some 5 GB, so that a batch of documents can't fit
    folder = str(checkpoint("0.6B").folder)
    encoder = Qwen3Encoder(model=folder, device=str(run.device), max_batch_tokens=400_000).load()
    found = encoder.encode_document([f"word{i} " * 500 for i in range(400)])
    run.save(embeddings_of_a_batch_that_does_not_fit=list(found.shape))
