"""The command `qwen3-embed`, also as `python -m qwen3_embed_integrations`."""

from __future__ import annotations

import sys
from typing import NoReturn

_INTERRUPTED = 130


def main() -> NoReturn:
    """Runs the command and ends the process; Ctrl-C while it is still being imported ends it quietly too."""
    try:
        from .cli import main as run
    except KeyboardInterrupt:
        sys.stderr.write("qwen3-embed: Interrupted before it began.\n")
        sys.exit(_INTERRUPTED)
    run()


if __name__ == "__main__":
    main()
