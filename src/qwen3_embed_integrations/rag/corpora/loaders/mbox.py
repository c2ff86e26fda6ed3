"""Read mailboxes (.mbox): each e-mail with its subject as the heading."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from qwen3_embed_integrations.rag.corpora.blocks import Block, UnreadableFileError

from .mail import mail_blocks

_START = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\n]*\n")  # RFC 4155
_ESCAPED = re.compile(rb"^>(>*From )", re.MULTILINE)


def read_mbox(path: Path) -> Iterator[Block]:
    """Yield the blocks of all e-mails of a mailbox.

    Raises:
        UnreadableFileError: The file does not begin as a mailbox does.
    """
    data = path.read_bytes()
    if not data.strip():
        return
    starts = list(_START.finditer(data))
    if not starts or data[: starts[0].start()].strip():
        raise UnreadableFileError('is no mailbox: it does not begin with a line "From "')
    ends = [*(start.start() for start in starts[1:]), len(data)]
    for start, end in zip(starts, ends, strict=True):
        blocks = list(mail_blocks(_ESCAPED.sub(rb"\1", data[start.end() : end])))
        if blocks and blocks[0].kind != "heading":  # else it would be a part of the e-mail before it
            yield Block("(no subject)", "heading", level=1)
        yield from blocks
