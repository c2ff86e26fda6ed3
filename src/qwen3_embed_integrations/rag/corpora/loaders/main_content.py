"""Find a page's main content: what is left without navigation, page headers, footers and side bars."""

from __future__ import annotations

import re

from lxml import etree
from lxml.html import HtmlElement

_ROLES = frozenset({"navigation", "search", "banner", "contentinfo", "complementary", "menu", "menubar"})
_BOILERPLATE = frozenset({"nav", "aside", "footer", "header"})
_TEXTS = etree.XPath(
    "descendant::text()[not(parent::script or parent::style or parent::template or parent::noscript)]",
    smart_strings=False,
)
_NAMES = re.compile(
    r"(?:^|[\s_-])(?:nav\w*|menu\w*|sidebar\w*|breadcrumbs?|toc|pager|pagination|footer\w*|related|skip\w*|cookie\w*)"
    r"(?:$|[\s_-])",
    re.IGNORECASE,
)
_LISTS = ("ul", "ol", "dl", "table")
_LINKED = 0.7  # share of a list's letters inside links above which it is a list of links
_MIN_LINKS = 4
_MIN_SHARE = 0.2  # of the page's letters that its main element has to hold

LINKS = "data-qwen3-links"
"""Attribute that marks a list of links in the tree."""


def reduce_to_main_content(page: HtmlElement) -> None:
    """Remove navigation, page headers and footers from a page, and mark its lists of links with `LINKS`.

    The main element (`main`, `role="main"`, or the only `article`) is the content where it holds a fifth of the page's
    letters; else what is no navigation by element, role, or by a name such as "sidebar" around links. Nothing is
    removed from a page that would lose all its text.

    Args:
        page: The page's tree, which is changed.
    """
    for top in page.xpath("//ul | //ol | //dl | //table"):
        if not any(one.tag in _LISTS and one.get(LINKS) for one in top.iterancestors()) and _is_links(top):
            top.set(LINKS, "")
    body = page if page.tag == "body" else page.find(".//body")
    if body is None:
        return
    n_letters = _letters(body)
    main = _main_element(body, n_letters)
    if main is not None:
        _keep_only(main, body)
    elements = _BOILERPLATE if main is None else frozenset({"nav"})  # inside an article they belong to its text
    removed = {one for one in body.iterdescendants() if isinstance(one.tag, str) and _is_boilerplate(one, elements)}
    outermost = [one for one in removed if removed.isdisjoint(one.iterancestors())]
    if sum(map(_letters, outermost)) < _letters(body):
        for element in outermost:
            _remove(element)


def _main_element(body: HtmlElement, n_letters: int) -> HtmlElement | None:
    for query in (".//main", './/*[@role="main"]', ".//article"):
        found = body.xpath(query)
        if len(found) == 1 and _letters(found[0]) >= _MIN_SHARE * n_letters:
            return found[0]
    return None


def _keep_only(main: HtmlElement, body: HtmlElement) -> None:
    """Remove what is beside the path from `body` to `main`."""
    kept = main
    while kept is not body:
        parent = kept.getparent()
        for sibling in list(parent):
            if sibling is not kept:
                parent.remove(sibling)
        parent.text, kept.tail = None, None
        kept = parent


def _is_boilerplate(element: HtmlElement, tags: frozenset[str]) -> bool:
    if element.get("role") in _ROLES:
        return True
    if element.tag in tags:
        return element.tag != "header" or element.find(".//h1") is None
    name = f"{element.get('class') or ''} {element.get('id') or ''}"
    return bool(_NAMES.search(name)) and _is_links(element)


def _is_links(element: HtmlElement) -> bool:
    links = element.xpath(".//a[@href]")
    return len(links) >= _MIN_LINKS and sum(map(_letters, links)) >= _LINKED * _letters(element) > 0


def _letters(element: HtmlElement) -> int:
    return sum(len(text.strip()) for text in _TEXTS(element))


def _remove(element: HtmlElement) -> None:
    """Remove an element but not the text after it."""
    parent, before = element.getparent(), element.getprevious()
    tail = element.tail or ""
    if before is None:
        parent.text = (parent.text or "") + tail
    else:
        before.tail = (before.tail or "") + tail
    parent.remove(element)
