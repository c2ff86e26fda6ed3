"""Code run in a process of its own."""

import subprocess
import sys


def in_a_fresh_process(code: str, **options: object) -> str:
    """Return what the code prints, stripped."""
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, **options
    )
    return str(done.stdout).strip()
