"""Texts of a server, quoted in messages and logs: without the API key, without characters that act on a terminal."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from urllib.parse import quote_plus

from qwen3_embed_integrations.core.safe_text import safe_line

_LONGEST = 300  # characters of a quotation
_READ = 4096  # characters of a server's text that are looked at
_FRAGMENT = 8  # characters: so much of a key is hidden wherever it appears
_LOGGERS = ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy", "httpcore.socks")


class Quoter:
    """Quotes texts of one server.

    A server may send the key back: whole, cut, as a fragment or in a URL. Every run of 8 characters of the key becomes
    "[api key]", and only then the text is cut.
    """

    def __init__(self, key: str = "") -> None:
        self._key = key
        self._size = min(_FRAGMENT, len(key))
        spellings = (key, quote_plus(key), key.replace("/", "\\/"))
        self._fragments = {
            spelling[i : i + self._size] for spelling in spellings for i in _starts(spelling, self._size)
        }

    def __call__(self, text: str, limit: int = _LONGEST) -> str:
        """Return `text` as one safe line of at most `limit` characters, the key hidden."""
        return safe_line(self._hidden(text[:_READ]), limit)

    def filter(self, record: logging.LogRecord) -> bool:
        """Hide the key in a log record: httpcore logs the headers of answers, where a server may repeat it."""
        message = record.getMessage()
        record.msg, record.args = safe_line(self._hidden(message)), ()
        return True

    def watch_logs(self) -> None:
        """Pass the records of the HTTP libraries through `filter`."""
        for name in _LOGGERS:
            logging.getLogger(name).addFilter(self)

    def unwatch_logs(self) -> None:
        """End `watch_logs`."""
        for name in _LOGGERS:
            logging.getLogger(name).removeFilter(self)

    def _hidden(self, text: str) -> str:
        if not self._size or not any(fragment in text for fragment in self._fragments):
            return text
        pieces, shown_to = [], 0
        for first, end in self._found(text):
            pieces += [text[shown_to:first], "[api key]"]
            shown_to = end
        return "".join([*pieces, text[shown_to:]])

    def _found(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield (start, end) of each stretch that consists of fragments of the key."""
        first = end = -1
        for i in _starts(text, self._size):
            if text[i : i + self._size] in self._fragments:
                if i > end:
                    if end > 0:
                        yield first, end
                    first = i
                end = i + self._size
        if end > 0:
            yield first, end


def _starts(text: str, size: int) -> range:
    return range(len(text) - size + 1) if size else range(0)
