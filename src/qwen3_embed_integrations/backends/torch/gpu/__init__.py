"""The GPU path: what each card runs, its attention and fused kernels, and batches in flight.

build          devices → a forward pass on them; a report of what they use
accelerator    what a device has, and the table of what each kind uses
load           checkpoint → model on a device, with the kernels that were tried
model          the Qwen3 decoder in nine launches a layer
attention      causal attention over packed sequences, chosen by one trial call
padding        sequences of similar length padded to one length
forward        a packed batch → pooled embeddings, submitted and collected
inputs         a batch as one array of numbers
buffers        pinned host memory
graphs         CUDA graphs of small batches
data_parallel  one model on several GPUs
memory         an estimate of the memory in use
"""
