"""Messages of apps, sites and games with their translations, aligned by key."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.train_tiny.training_text import TrainingText, language_of

from .locale_files import (
    Messages,
    read_android,
    read_fluent,
    read_json,
    read_mediawiki,
    read_properties,
    read_stringtable,
    read_tagging,
    read_yaml,
)
from .translation_pairs import is_regional, keyed_translations, preferred_folders

Read = Callable[[Path], Messages]


@dataclass(frozen=True)
class LocaleFiles:
    """Where a project keeps its messages, one file a locale.

    Attributes:
        source: Name of the source.
        english: Glob of the English files below the project's folder; a name ends in ``en``.
        read: Reads one file.
        least: The fewest characters of an English message.
        is_main_only: Read only the main locale of each language.
    """

    source: str
    english: str
    read: Read
    least: int
    is_main_only: bool = False


APPS = {
    "wikimedia/apps-android-wikipedia": "wikipedia-app",
    "AntennaPod/AntennaPod": "antennapod",
    "ankidroid/Anki-Android": "ankidroid",
    "TeamNewPipe/NewPipe": "newpipe",
    "thunderbird/thunderbird-android": "thunderbird-app",
    "duckduckgo/Android": "duckduckgo-app",
}
SITES = {
    "openstreetmap/openstreetmap-website": LocaleFiles("openstreetmap-site", "config/locales/en.yml", read_yaml, 3),
    "openstreetmap/id-tagging-schema": LocaleFiles(
        "osm-tagging", "dist/translations/en.json", read_tagging, 3, is_main_only=True
    ),
    "wikimedia/mediawiki-extensions-GrowthExperiments": LocaleFiles(
        "wikimedia-growth", "i18n/**/en.json", read_mediawiki, 8, is_main_only=True
    ),
    "bitcoin-dot-org/Bitcoin.org": LocaleFiles("bitcoin-org", "_translations/en.yml", read_yaml, 8),
}
MORE_SITES = {
    "inaturalist/inaturalist": LocaleFiles("inaturalist", "config/locales/*en.yml", read_yaml, 5),
    "hotosm/tasking-manager": LocaleFiles("hot-tasking", "frontend/src/locales/en.json", read_json, 5),
    "openfoodfacts/smooth-app": LocaleFiles(
        "openfoodfacts-app", "packages/smooth_app/lib/l10n/app_en.arb", read_json, 5
    ),
}
PIXEL_DUNGEON = "00-Evan/shattered-pixel-dungeon"
THUNDERBIRD = "thunderbird/thunderbird-l10n"
FIREFOX_RELAY = "mozilla-l10n/fx-private-relay-l10n"


def read_apps(root: Path) -> Iterator[TrainingText]:
    """Yield the strings of Android apps with their English originals."""
    for name, source in APPS.items():
        for english in sorted((root / name.replace("/", "+")).glob("**/res/values/*.xml")):
            if re.search(r"string|^\d\d", english.name):
                yield from _android_strings(source, english)


def _android_strings(source: str, english: Path) -> Iterator[TrainingText]:
    original = read_android(english)
    seen: set[str] = set()
    folders = english.parent.parent.glob("values-*")
    for folder in sorted(folders, key=lambda path: (_is_lesser_resource(path.name), path.name)):
        lang = language_of(folder.name.split("-")[1])
        path = folder / english.name
        if lang and lang not in {"en", *seen} and path.is_file():
            seen.add(lang)
            yield from keyed_translations(source, lang, original, read_android(path), 4)


def _is_lesser_resource(name: str) -> bool:
    return name == "values-pt" or any(region in name for region in ("TW", "PT", "HK"))


def read_sites(root: Path, projects: dict[str, LocaleFiles]) -> Iterator[TrainingText]:
    """Yield the messages of projects with one file a locale."""
    for name, project in projects.items():
        for english in sorted((root / name.replace("/", "+")).glob(project.english)):
            prefix = english.stem.removesuffix("en")
            if english.stem.split(".")[-1] in {"en", "app_en"}:
                yield from _siblings(project, english, prefix)


def _siblings(project: LocaleFiles, english: Path, prefix: str) -> Iterator[TrainingText]:
    """Yield the messages of the files beside the English one, named ``prefix``, locale and its suffix."""
    original = project.read(english)
    for path in sorted(english.parent.glob(f"{prefix}*{english.suffix}")):
        locale = path.stem.removeprefix(prefix).split(".")[-1]
        lang = language_of(locale)
        if lang and lang != "en" and _is_read(project, locale, lang):
            yield from keyed_translations(project.source, lang, original, project.read(path), project.least)


def _is_read(project: LocaleFiles, locale: str, lang: str) -> bool:
    if project.is_main_only:
        return locale == lang or locale.lower() in {"zh-cn", "zh-hans", "pt-br"}
    return not is_regional(locale)


def read_games(root: Path, packages: Path) -> Iterator[TrainingText]:
    """Yield the messages of Shattered Pixel Dungeon and FreeOrion."""
    dungeon = LocaleFiles("shattered-pixel-dungeon", "", read_properties, 5)
    for folder in sorted((root / PIXEL_DUNGEON.replace("/", "+") / "core/src/main/assets/messages").glob("*")):
        english = folder / f"{folder.name}.properties"
        if english.is_file():
            yield from _siblings(dungeon, english, f"{folder.name}_")
    tables = packages / "freeorion-data/usr/share/games/freeorion/default/stringtables"
    yield from _siblings(LocaleFiles("freeorion", "", read_stringtable, 8), tables / "en.txt", "")


def read_mozilla(root: Path) -> Iterator[TrainingText]:
    """Yield the messages of Firefox Relay."""
    folder = root / FIREFOX_RELAY.replace("/", "+")
    yield from _locale_folders("firefox-relay", folder, folder / "en", 8)


def read_thunderbird(root: Path) -> Iterator[TrainingText]:
    """Yield the messages of Thunderbird; Canadian English stands for the American, which lies elsewhere."""
    folder = root / THUNDERBIRD.replace("/", "+")
    yield from _locale_folders("thunderbird-l10n", folder, folder / "en-CA", 10)


def _locale_folders(source: str, root: Path, english: Path, least: int) -> Iterator[TrainingText]:
    folders = preferred_folders(folder for folder in root.iterdir() if not is_regional(folder.name))
    for path, read in _files(english):
        original = read(path)
        for lang, folder in folders.items():
            other = folder / path.relative_to(english)
            if other.is_file():
                yield from keyed_translations(source, lang, original, read(other), least)


def _files(folder: Path) -> Iterable[tuple[Path, Read]]:
    readers: dict[str, Read] = {".ftl": read_fluent, ".properties": read_properties}
    return [(path, readers[path.suffix]) for path in sorted(folder.rglob("*")) if path.suffix in readers]
