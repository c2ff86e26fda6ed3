"""Read HTML as a browser shows it: block elements become blocks, inline markup never breaks a word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from qwen3_embed_integrations.rag.corpora.blocks import LAST_LEVEL, Block, Kind, UnreadableFileError
from qwen3_embed_integrations.rag.corpora.decoding import decode

from .main_content import LINKS, reduce_to_main_content

_CHARSET = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)|<\?xml[^>]{0,80}encoding=[\"']([\w.:-]+)", re.IGNORECASE
)
_HIDDEN = frozenset({"title", "script", "style", "template", "noscript", "nav", "svg", "math", "iframe", "object"})
_BLOCKS = frozenset(
    re.findall(
        r"\S+",
        "address article aside blockquote body center dd details dialog div dl dt fieldset figcaption figure "
        "footer form header hgroup hr html legend li main menu ol optgroup option p pre section summary table "
        "tbody td tfoot th thead tr ul h1 h2 h3 h4 h5 h6",
    )
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_TITLE_OPEN, _TITLE_CLOSE = re.compile(r"<title[^>]*>", re.IGNORECASE), re.compile(r"</title", re.IGNORECASE)
_NESTING = re.compile(
    r"</?(?!(?:h[1-6]|p|li|tr|td|th|table|pre|br|title|head|script|style|nav)\b)[a-z][^>]*>", re.IGNORECASE
)
_WORD = re.compile(r"\w+")
_SPACES = re.compile(r"[ \t\n\r\f]+")
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
_PARAGRAPH_SIGN = "\u00b6"  # that Sphinx puts behind what a link can lead to
_PERMALINK = re.compile(r"\s*[¶\uf0c1#]$")


def read_html(path: Path) -> tuple[str, list[Block]]:
    """Return the title of a page, or "", and its blocks."""
    data = path.read_bytes()
    found = _CHARSET.search(data[:4096])
    declared = (found[1] or found[2]).decode("ascii", "replace") if found else None
    return html_blocks(decode(data, declared), is_page=True)


def html_blocks(text: str, *, is_page: bool = False) -> tuple[str, list[Block]]:
    """Return the title of an HTML text, or "", and its blocks.

    Args:
        text: The HTML text.
        is_page: Leave out navigation, page headers and footers, and mark lists of links.

    Raises:
        UnreadableFileError: The parser finds no HTML in it.
    """
    text = _CONTROL.sub("", _with_closed_title(text))
    if not text.strip():
        return "", []
    page, is_whole = _parsed(text)
    if not is_whole:  # elements nested deeper than the parser goes: keep those that matter
        page, _ = _parsed(_NESTING.sub(" ", text))
    if page is None:
        return "", []
    if is_page:
        reduce_to_main_content(page)
    title = page.find(".//title")
    shown = " ".join((title.text or "").split()) if title is not None else ""
    blocks = list(_Blocks().of(page))
    return _page_title(shown, blocks), blocks


def _page_title(title: str, blocks: Sequence[Block]) -> str:
    """Return the page's main heading instead of a title that adds the site's name to it, or leaves words out."""
    main = next((block.text for block in blocks if block.kind == "heading" and block.level == 1), "")
    words, others = (set(_WORD.findall(text.casefold())) for text in (title, main))
    return main if others and (words <= others or others <= words) else title


def _parsed(text: str) -> tuple[HtmlElement | None, bool]:
    """Return the tree of a page, None if it has no element, and whether the tree holds the whole page."""
    parser = HTMLParser(encoding="utf-8", huge_tree=True, recover=True)
    try:
        page = document_fromstring(text.encode(), parser=parser)
    except etree.ParserError:  # the document is empty
        return None, True
    except (etree.LxmlError, ValueError) as error:
        raise UnreadableFileError(f"is no HTML that can be parsed ({type(error).__name__}: {error})") from error
    return page, not any("depth" in entry.message for entry in parser.error_log)


def _with_closed_title(text: str) -> str:
    """Close a title that the page leaves open: parsers read all that follows as the title."""
    opened = _TITLE_OPEN.search(text)
    if opened is None or _TITLE_CLOSE.search(text, opened.end()):
        return text
    end = next((at for at in (text.find(sign, opened.end()) for sign in "<\n") if at >= 0), len(text))
    return f"{text[:end]}</title>{text[end:]}"


class _Blocks:
    """Collects blocks in one walk over the tree, without recursion."""

    def __init__(self) -> None:
        self._inline: list[str] = []
        self._kinds: list[tuple[str, Kind, int]] = []  # open elements that decide a block's kind
        self._cells: list[list[str]] = []  # lines of the open tables
        self._anchor: str | None = None
        self._hidden = 0
        self._links = 0
        self._pre = 0
        self._terms = list[str]()  # of one definition, not yet yielded
        self._lists = 0  # open lists of definitions
        self._returned = 0  # level to which the next block goes back, after a list of definitions

    def of(self, page: HtmlElement) -> Iterator[Block]:
        """Yield the blocks of a page."""
        for event, element in etree.iterwalk(page, events=("start", "end", "comment", "pi")):
            tag = element.tag if isinstance(element.tag, str) else ""
            if event == "start":
                yield from self._start(element, tag)
            elif event == "end":
                yield from self._end(element, tag)
            elif not self._hidden:
                self._inline.append(element.tail or "")
        yield from self._flush()

    def _start(self, element: HtmlElement, tag: str) -> Iterator[Block]:
        if self._hidden or tag in _HIDDEN or _is_hidden(element):
            self._hidden += 1
            return
        if tag == "br":
            self._inline.append("\n" if self._pre else "\v")
        elif tag in _BLOCKS:
            yield from self._open(tag)
        self._anchor = element.get("id") or (element.get("name") if tag == "a" else None) or self._anchor
        self._links += element.get(LINKS) is not None
        self._inline.append(element.text or "")

    def _open(self, tag: str) -> Iterator[Block]:
        if self._cells and tag not in ("table", "tr", "pre", *_HEADINGS):
            self._inline.append(" ")
        elif not self._cells or tag == "table":
            yield from self._flush()
        if tag == "table":
            self._cells.append([])
        elif tag == "pre":
            self._pre += 1
        elif tag == "dl" and not self._cells:
            self._lists += 1
        if kind := _kind(tag):
            self._kinds.append((tag, *kind))

    def _end(self, element: HtmlElement, tag: str) -> Iterator[Block]:
        if self._hidden:
            self._hidden -= 1
            if not self._hidden:
                self._inline.append(element.tail or "")
            return
        if tag in _BLOCKS:
            yield from self._close(tag)
        self._links -= element.get(LINKS) is not None
        self._inline.append(element.tail or "")

    def _close(self, tag: str) -> Iterator[Block]:
        if self._cells and tag != "table":
            self._close_cell(tag)
        elif tag != "table":
            yield from self._flush()
        if tag == "table" and self._cells:
            lines = [line for line in self._cells.pop() if line.replace("|", "").strip()]
            self._inline.clear()
            if lines:
                yield Block("\n".join(lines), "links" if self._links else "table", anchor=self._anchor)
        if tag == "pre":
            self._pre -= 1
        elif tag == "dl" and not self._cells and self._lists:
            yield from self._term()
            self._lists -= 1
            self._returned = LAST_LEVEL + self._lists
        if self._kinds and self._kinds[-1][0] == tag:
            self._kinds.pop()

    def _close_cell(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._inline.append(" | ")
        elif tag == "tr":
            self._cells[-1].append(self._text().removesuffix("|").rstrip())

    def _text(self) -> str:
        text = "".join(self._inline)
        self._inline.clear()
        if self._pre and not self._cells:
            return text.replace("\v", "\n").strip("\n").rstrip()
        lines = (_SPACES.sub(" ", line).strip() for line in text.split("\v"))
        return "\n".join(line for line in lines if line)

    def _flush(self) -> Iterator[Block]:
        text = self._text()
        if not text.strip():
            return
        tag, kind, level = self._kinds[-1] if self._kinds else ("", "paragraph", 0)
        if tag == "dt" and self._lists and not self._links:
            self._terms.append(_PERMALINK.sub("", " ".join(text.split())))
            return
        yield from self._term()
        if tag == "dt":
            kind = "paragraph"
        if kind == "heading":
            text = _PERMALINK.sub("", " ".join(text.split()))
        elif kind != "code":
            text = f"{'- ' if kind == 'list' else ''}{text.removesuffix(_PARAGRAPH_SIGN)}"
        if self._links and kind in ("list", "paragraph"):
            kind = "links"
        if text:
            yield Block(text, kind, level=level or self._returned, anchor=self._anchor)
            self._returned = 0

    def _term(self) -> Iterator[Block]:
        """Yield the terms of a definition as the heading of what explains them."""
        if self._terms:
            yield Block(", ".join(self._terms), "heading", level=LAST_LEVEL + self._lists, anchor=self._anchor)
            self._terms.clear()
            self._returned = 0


def _kind(tag: str) -> tuple[Kind, int] | None:
    if tag in _HEADINGS:
        return "heading", _HEADINGS[tag]
    if tag == "dt":
        return "heading", 0
    if tag == "li":
        return "list", 0
    return ("code", 0) if tag == "pre" else None


def _is_hidden(element: HtmlElement) -> bool:
    style = (element.get("style") or "").replace(" ", "").lower()
    return (
        element.get("hidden") is not None
        or element.get("role") == "navigation"
        or "display:none" in style
        or (element.get("aria-hidden") == "true" and element.tag not in ("body", "main"))
    )
