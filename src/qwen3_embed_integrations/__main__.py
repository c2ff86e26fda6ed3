"""The command `qwen3-embed`, also as `python -m qwen3_embed_integrations`."""

from __future__ import annotations

import sys
from typing import NoReturn

from .core.errors import EXIT_INTERRUPTED


def main() -> NoReturn:
    """Runs the command and ends the process; Ctrl-C while it is still being imported ends it quietly too."""
    try:
        from .cli.app import main as run
    except KeyboardInterrupt:
        sys.stderr.write("qwen3-embed: Interrupted before it began.\n")
        sys.exit(EXIT_INTERRUPTED)
    run()


if __name__ == "__main__":
    main()
