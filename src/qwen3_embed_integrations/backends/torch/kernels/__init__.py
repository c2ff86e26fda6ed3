"""Matrix products, and the operations between them.

linear         matrix products: torch's own, oneDNN's, int8
torch_ops      the operations between products, in torch: the reference
numba_ops      the same operations, fused and compiled by numba
numba_kernels  the compiled functions of numba_ops
gpu_ops        the operations on a GPU, in torch: the reference of triton_ops
triton_ops     the same operations, fused by Triton, tried at load
triton_kernels the compiled functions of triton_ops
"""
