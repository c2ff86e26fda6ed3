"""The command `qwen3-embed`.

app            the commands, and how an error ends the process
parser         options → flags
arrangement    the order of the help: common options, panels, short flags
errors         error → one line and an exit code
tables         tables and JSON on standard output
evaluate       `eval`
calibrate      `calibrate`
models         `models`
similarity     `similarity`
bulk           `embed`
doctor         `doctor`
machine        what this machine has
server_checks  what an embedding server really does
"""

from .app import main

__all__ = ["main"]
