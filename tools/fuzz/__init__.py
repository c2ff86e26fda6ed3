"""Fuzzer: random input for hours. Each case must end in finite unit embeddings or in an error of this package.

__main__       runs cases, in a process that may hang or crash
cases          texts, callers, options, servers, checkpoints, caches
checkpoints    damage to a model folder
checks         what counts as right
random_values  bytes → values
"""
