"""Matrix products, and the operations between them.

linear         matrix products: torch's own, oneDNN's, int8
torch_ops      the operations between products, in torch: the reference
numba_ops      the same operations, fused and compiled by numba
numba_kernels  the compiled functions of numba_ops
"""
