"""Draw the picture of the terminal in the pages: run the real command in a terminal, write what it showed as SVG.

python tools/terminal_picture.py docs/rag.svg rag --ask "How do I read a CSV file?"
"""

import os
import pty
import re
import shlex
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

COLUMNS = 80


def shown(arguments: list[str]) -> str:
    """Run the command on a terminal of its own; return what it wrote to it, colours included.

    Raises:
        SystemExit: The command failed.
    """
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(COLUMNS=str(COLUMNS), LINES="60", TERM="xterm-256color")
        os.execv(sys.executable, [sys.executable, "-m", "qwen3_embed_integrations", *arguments])  # noqa: S606 - ours
    written = bytearray()
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # Linux's end of a terminal
            break
        if not piece:
            break
        written += piece
    if code := os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]):
        sys.exit(f"The command failed with {code}:\n{written.decode()}")
    return written.decode().replace(f"{Path.cwd()}/", "").replace(str(Path.home()), "~")


def last_state(text: str) -> str:
    """Return what stayed on the screen: a progress bar and a spinner draw over themselves, then vanish."""
    lines = [""]
    for piece in re.split(r"(\x1b\[1A|\x1b\[2K|\x1b\[\?25[hl]|\r|\n)", text):
        if piece == "\n":
            lines.append("")
        elif piece == "\x1b[1A":  # a line up
            lines.pop()
        elif piece == "\x1b[2K":  # erase the line
            lines[-1] = ""
        elif piece != "\r" and not piece.startswith("\x1b[?"):
            lines[-1] += piece
    return "\n".join(lines).rstrip()


def main(picture: str, *arguments: str) -> None:
    """Write the picture of `qwen3-embed ARGUMENTS`."""
    console = Console(record=True, width=COLUMNS, file=Path(os.devnull).open("w"), force_terminal=True)  # noqa: SIM115 - until the end
    console.print(Text(f"$ {shlex.join(['qwen3-embed', *arguments])}", style="bold"))
    console.print(Text.from_ansi(last_state(shown(list(arguments)))))
    console.print()  # the picture ends close below its last line, which would lose its underscores
    Path(picture).parent.mkdir(parents=True, exist_ok=True)
    console.save_svg(picture, title=" ".join(["qwen3-embed", *arguments[:1]]))


if __name__ == "__main__":
    main(*sys.argv[1:])
