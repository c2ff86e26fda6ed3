"""What the decoder computes with.

linear      matrix products: torch, oneDNN, int8
torch_ops   the operations between them, in torch: the reference
numba_ops   the same operations, fused and compiled by numba
"""
