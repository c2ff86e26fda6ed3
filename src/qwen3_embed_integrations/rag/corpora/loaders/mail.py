"""Read e-mails: subject, sender and date, the body, and the text attachments."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from email.policy import EmailPolicy
from pathlib import Path
from typing import Any

from qwen3_embed_integrations.rag.corpora.blocks import Block, UnreadableFileError
from qwen3_embed_integrations.rag.corpora.decoding import clean, decode

from .html import html_blocks
from .plain_text import paragraphs

_HEADERS = ("From", "To", "Cc", "Date")
_MAX_HEADER = 10_000  # characters that are parsed: Python's parser of headers takes quadratic time
_MAX_FORWARDED = 5  # e-mails inside each other
_TEXTS = ("text/plain", "text/html", "text/markdown", "text/csv")


class _BoundedHeaders(EmailPolicy):
    """Parse no more of a header than `_MAX_HEADER` characters."""

    def header_fetch_parse(self, name: str, value: str) -> Any:
        is_parsed = hasattr(value, "name")
        return super().header_fetch_parse(name, value if is_parsed else value[:_MAX_HEADER])


def read_mail(path: Path) -> tuple[str, list[Block]]:
    """Return the subject and the blocks of an e-mail (.eml).

    Raises:
        UnreadableFileError: The file has no header of an e-mail.
    """
    message = _parsed(path.read_bytes())
    if not isinstance(message, EmailMessage) or not any(_header(message, name) for name in ("Subject", *_HEADERS)):
        raise UnreadableFileError("is no e-mail: it has neither subject nor sender nor date")
    return _header(message, "Subject"), list(_blocks(message, 1))


def mail_blocks(data: bytes) -> Iterator[Block]:
    """Yield the blocks of an e-mail; its subject is the heading."""
    message = _parsed(data)
    if isinstance(message, EmailMessage):
        yield from _blocks(message, 1)


def _parsed(data: bytes) -> object:
    return BytesParser(policy=_BoundedHeaders()).parsebytes(data)


def _blocks(message: EmailMessage, level: int) -> Iterator[Block]:
    if subject := _header(message, "Subject"):
        yield Block(subject, "heading", level=level)
    known = ((name, _header(message, name)) for name in _HEADERS)
    yield Block("\n".join(f"{name}: {value}" for name, value in known if value))
    body = message.get_body(("plain", "html"))
    if body is not None:
        yield from _part(body)
    for attachment in message.iter_attachments():
        name = clean(attachment.get_filename() or attachment.get_content_type())
        yield Block(f"Attachment: {name}", "heading", level=level + 1)
        if attachment.get_content_type() in _TEXTS:
            yield from _part(attachment)
        elif level < _MAX_FORWARDED and isinstance(inner := _forwarded(attachment), EmailMessage):
            yield from _blocks(inner, level + 1)


def _forwarded(part: MIMEPart) -> object:
    """Return the e-mail inside an attachment that is one."""
    payload = part.get_payload() if part.get_content_type() == "message/rfc822" else None
    return payload[0] if isinstance(payload, list) and payload else None


def _part(part: MIMEPart) -> Iterator[Block]:
    content = part.get_payload(decode=True)
    text = decode(content, part.get_content_charset()) if isinstance(content, bytes) else ""
    if part.get_content_type() == "text/html":
        yield from html_blocks(text)[1]
    else:
        yield from paragraphs(text)


def _header(message: EmailMessage, name: str) -> str:
    try:
        value = message[name]
    except (ValueError, IndexError, KeyError, AttributeError, TypeError):  # email's parser on malformed headers
        return ""
    return " ".join(clean(str(value)).split()) if value is not None else ""
