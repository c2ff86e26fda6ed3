"""Bytes → values: the source of the bytes (a seed, a coverage-guided fuzzer, a file) decides the case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

_Value = TypeVar("_Value")

CONTROL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|fim_prefix|>", "<think>", "<tool_call>", "<|", "|>")
MARKS = (
    "\0",
    "\x1b[2J",
    "\u00ad",
    "\u0301",
    "\u200d",
    "\u200f",
    "\u2028",
    "\u202e",
    "\u2066",
    "\ufeff",
    "\ufffe",
    "\ud800",
    "\udfff",
    "\U0010ffff",
    "\r\n",
    "👩\u200d👩\u200d👧",
    "مرحبا",
    "שלום",
)
PROMPTS = ("Instruct: ", "\nQuery:", "Instruct: Given a web search query\nQuery:", "system\n", "document: ")
_PIECES = 6
_LONGEST_RUN = 20_000


class RandomValues:
    """Values derived from a string of bytes; bytes beyond its end are zeros."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    def below(self, limit: int) -> int:
        """Return a number from 0 to `limit` - 1."""
        size = max(1, (limit - 1).bit_length() + 7 >> 3)
        return int.from_bytes(self.bytes(size)) % limit

    def one_in(self, n: int) -> bool:
        """Return True one time in `n`."""
        return self.below(n) == n - 1

    def choice(self, values: Sequence[_Value]) -> _Value:
        """Return one of the values."""
        return values[self.below(len(values))]

    def bytes(self, size: int) -> bytes:
        """Return the next `size` bytes."""
        piece = self._data[self._place : self._place + size]
        self._place += size
        return piece.ljust(size, b"\0")

    def text(self) -> str:
        """Return a text of any Unicode: marks, surrogates, control tokens, prompts, scripts, long runs."""
        return "".join(self._piece() for _ in range(self.below(_PIECES)))

    def _piece(self) -> str:
        pieces: tuple[Callable[[], str], ...] = (
            lambda: self.choice(CONTROL),
            lambda: self.choice(MARKS),
            lambda: self.choice(PROMPTS),
            lambda: self.bytes(self.below(40)).decode("utf-8", "replace"),
            lambda: self.bytes(self.below(40)).decode("latin-1"),
            lambda: self.choice((*CONTROL, *MARKS, "a", " ", "word ", "北")) * self._length(),
            lambda: "".join(chr(self.below(0x110000)) for _ in range(self.below(20))),
        )
        return self.choice(pieces)()

    def _length(self) -> int:
        return self.below(_LONGEST_RUN) if self.one_in(20) else self.below(40)

    def texts(self, most: int = 5) -> list[str]:
        """Return up to `most` texts, sometimes with a repeat."""
        found = [self.text() for _ in range(self.below(most + 1))]
        return found + found[:1] if self.one_in(4) else found

    def number(self) -> int | float:
        """Return a number that is likely to be at a limit."""
        if self.one_in(4):
            return self.choice((float("nan"), float("inf"), -float("inf"), 0.0, -0.5, 1e308, 1.5))
        return self.choice(
            (0, 1, -1, 2, 31, 32, 33, 63, 64, 65, 256, 8192, 8193, 2**31, 2**63, 10**30, self.below(300))
        )

    def junk(self, depth: int = 2) -> Any:
        """Return a value of any JSON type, or bytes."""
        kind = self.below(9 if depth else 6)
        simple: tuple[Any, ...] = (None, self.one_in(2), self.number(), self.text(), "", self.bytes(4))
        if kind < len(simple):
            return simple[kind]
        if kind == len(simple):
            return [self.junk(depth - 1) for _ in range(self.below(4))]
        return {self.text()[:8]: self.junk(depth - 1) for _ in range(self.below(4))}

    def damaged(self, content: bytes) -> bytes:
        """Return `content` with some bytes changed, truncated, doubled, dropped or inserted."""
        harmed = bytearray(content)
        for _ in range(1 + self.below(4)):
            place = self.below(len(harmed) + 1)
            kind = self.below(6)
            end = place + 1 + self.below(64)
            if kind == 0:
                harmed[place : place + 1] = self.bytes(1)
            elif kind == 1:
                del harmed[place:]
            else:
                harmed[place:end] = self.choice((b"", harmed[place:end] * 2, self.bytes(self.below(16))))
        return bytes(harmed)
