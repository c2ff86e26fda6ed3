"""Interfaces of desktop applications and games: compiled gettext catalogs of Debian packages."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from tools.train_tiny.training_text import TrainingText, language_of

from .gettext_catalogs import catalog_messages
from .po_files import checked_messages
from .translation_pairs import translation

EDUCATION = (
    "blinken", "gnome-maps", "gnome-weather", "gramps", "iso-codes", "kalgebra-common", "kalzium-data", "kanagram",
    "kgeography-data", "khangman", "kstars-data", "ktuberling-data", "kturtle", "libqalculate-data", "marble-data",
    "minuet-data", "parley-data", "rocs", "solfege", "step", "tellico-data", "xkb-data",
)  # fmt: skip
DESKTOP = (
    "accerciser", "adduser", "akregator", "apt", "aptitude-common", "ardour-data", "audacity-data", "baobab", "bash",
    "blender-data", "bovo", "brasero-common", "calligra-data", "calligrawords-data", "cantor", "cheese-common",
    "darktable", "devhelp-common", "digikam-data", "dolphin", "dpkg", "eog", "evince-common", "evolution-common",
    "evolution-data-server-common", "file-roller", "five-or-more", "four-in-a-row", "gedit-common", "gettext",
    "git-cola", "gnome-boxes", "gnome-calculator", "gnome-characters", "gnome-chess", "gnome-clocks",
    "gnome-contacts", "gnome-control-center-data", "gnome-disk-utility", "gnome-klotski", "gnome-logs",
    "gnome-mahjongg", "gnome-mines", "gnome-music", "gnome-nibbles", "gnome-photos", "gnome-robots",
    "gnome-shell-common", "gnome-software-common", "gnome-sudoku", "gnome-system-monitor", "gnome-terminal-data",
    "gnome-tetravex", "gnote", "gnucash-common", "gnumeric-common", "gnupg-l10n", "gpodder", "granatier",
    "grisbi-common", "gthumb-data", "gucharmap", "gwenview", "hitori", "homebank-data", "iagno", "inkscape", "juk",
    "kapman", "kate5-data", "katomic", "kblocks", "kbounce", "kbruch", "kcolorchooser", "kdenlive-data", "kdiamond",
    "kfourinline", "kgoldrunner", "khelpcenter", "kig", "killbots", "kinfocenter", "kiriki", "kiten", "kjumpingcube",
    "kleopatra", "klickety", "klines", "kmahjongg", "kmail", "kmines", "kmix", "kmplot", "kmymoney-common",
    "knavalbattle", "kollision", "konquest", "konsole", "korganizer", "kpat", "kreversi", "kshisen", "kspaceduel",
    "ksquares", "ksudoku", "ktorrent-data", "ktouch-data", "kubrick", "kwordquiz", "labplot-data", "liferea-data",
    "lightsoff", "mate-user-guide", "mc-data", "nautilus-data", "okular", "orca", "picmi", "pidgin-data", "pitivi",
    "planner-data", "plasma-desktop-data", "qalculate-gtk", "quadrapassel", "rhythmbox-data", "rkward-data",
    "seahorse", "shotwell-common", "simple-scan", "skrooge-common", "sound-juicer", "swell-foop", "synaptic",
    "system-config-printer-common", "systemsettings", "tali", "tasksel-data", "totem-common", "util-linux-locales",
    "vlc-l10n", "wget", "yelp", "zenity-common",
)  # fmt: skip
MORE_GAMES = ("aisleriot", "lordsawar-data", "minetest-data", "neverball-common", "tuxpaint-data", "tuxtype-data")
STORY_GAMES = ("freedroidrpg-data", "unknown-horizons", "warzone2100-data", "widelands-data")
SUPERTUX = "supertux-data"

_ACCELERATOR = re.compile(r"\(&\w\)|&(?=\w)")
_PLACEHOLDER = re.compile(r"[%{@]")


def read_interface(packages: Path, names: Iterable[str], source: str, least_words: int) -> Iterator[TrainingText]:
    """Yield the messages of the packages' catalogs that are translations, of ``least_words`` English words or more."""
    for name in names:
        for path in sorted((packages / name).rglob("*.mo")):
            locale = path.parts[-3]
            lang = language_of(locale)
            if lang and lang != "en" and "@" not in locale and locale != "zh_HK":
                for english, text in catalog_messages(path, least_words):
                    if not _PLACEHOLDER.search(english):
                        yield from translation(
                            source, lang, _without_accelerators(english), _without_accelerators(text)
                        )


def _without_accelerators(text: str) -> str:
    return _ACCELERATOR.sub("", html.unescape(text))


def read_story_games(packages: Path) -> Iterator[TrainingText]:
    """Yield the messages of games that tell stories; SuperTux keeps its own as text."""
    yield from read_interface(packages, STORY_GAMES, "story-games", 2)
    for path in sorted((packages / SUPERTUX).rglob("*.po")):
        lang = language_of(path.stem)
        if lang and lang != "en" and "@" not in path.stem and path.stem not in {"zh_TW", "pt"}:
            yield from checked_messages("story-games", lang, path)
