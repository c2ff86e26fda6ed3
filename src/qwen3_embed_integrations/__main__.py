"""The command `qwen3-embed`, also as `python -m qwen3_embed_integrations`."""

from __future__ import annotations

import sys
from typing import NoReturn

from .core.errors import EXIT_INTERRUPTED, missing_extra

_EXTRA = ("cyclopts", "rich", "tqdm")  # packages of the extra "cli"


def main() -> NoReturn:
    """Run the command and end the process; Ctrl-C while it is imported and a missing extra end it with one line."""
    try:
        from .cli.app import main as run
    except KeyboardInterrupt:
        _end("Interrupted before it began.", EXIT_INTERRUPTED)
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        _end(str(missing_extra(error.name, "cli")), 1)
    run()


def _end(message: str, code: int) -> NoReturn:
    sys.stderr.write(f"qwen3-embed: {message}\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
