"""The command `qwen3-embed`.

app         the commands, and how errors end the process
flags       options → flags
evaluate    `eval`
models      `models`
similarity  `similarity`
doctor      `doctor`: what an embedding server really does
"""

from .app import main

__all__ = ["main"]
