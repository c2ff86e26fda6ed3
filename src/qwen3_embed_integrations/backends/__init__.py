"""Texts → raw embeddings. The runtimes are independent of each other.

registry   configuration → loaded backend, one a process
local      tokenise → schedule → forward
torch      PyTorch in this process
remote     any engine with an embeddings API
"""
