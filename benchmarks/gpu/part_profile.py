"""Where a pass's time goes: kernels by name, their sum, and how much of the time the card computes."""

from __future__ import annotations

from collections import Counter

import torch
from gpu_setup import batches_of, run_all, start

run = start()
forward = run.forward("0.6B")
batches = batches_of([16 if run.dry else 128] * (40 if run.dry else 128 * 12), 64 if run.dry else 16384)
run_all(forward, batches[:3])
activity = torch.profiler.ProfilerActivity.CPU if run.dry else torch.profiler.ProfilerActivity.CUDA
with torch.profiler.profile(activities=[activity]) as profiler:
    run_all(forward, batches)
    run.wait()
spent: Counter[str] = Counter()
n_kernels, first, last = 0, float("inf"), 0.0
for event in profiler.events():
    on_card = event.device_type != torch.autograd.DeviceType.CPU
    if on_card or run.dry:
        spent[event.name[:90]] += event.time_range.elapsed_us()
        n_kernels += 1
        first, last = min(first, event.time_range.start), max(last, event.time_range.end)
run.save(
    passes=len(batches),
    kernels_a_pass=n_kernels / len(batches),
    busy_share=sum(spent.values()) / max(last - first, 1e-9),
    milliseconds_a_pass={name: us / 1e3 / len(batches) for name, us in spent.most_common(25)},
)
