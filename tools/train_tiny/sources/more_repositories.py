"""Public repositories beyond documentation: apps, sites, books, code; where each lies, and textbooks' commits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tools.train_tiny.training_text import TrainingText

from .locales import APPS, FIREFOX_RELAY, MORE_SITES, PIXEL_DUNGEON, SITES, THUNDERBIRD
from .po_files import read_catalog, read_catalogs
from .repositories import read_textbook
from .skycultures import SKYCULTURES

# The newest commits under CC BY 4.0.
MORE_OPENSTAX = {
    "business-ethics": "d64573e2807a1e7ba5d7dec8c36cd815a942b5c7",
    "business-law": "9d510e2126b7327a48d1e286f658dd0e83d47373",
    "college-physics-bundle": "f98d7a792138a6133fe7267d17e70aa04e9ccbed",
    "college-success": "695b838a0a0dd584af30eba4f77b2c5ba5fafd15",
    "entrepreneurship": "c1fa2c872ba07dc864c3aeb5a510b08b4f657288",
    "introduction-business": "78c9e7ad4e581d4ff98e78ea30214840e1fa7e1e",
    "introductory-statistics-bundle": "50ec91749080bb040b57bb40c34337cacc994cba",
    "life-liberty-and-pursuit-happiness": "acb6fbe2744dd112187b6aff5946cfe969410fca",
    "physics": "ff78c7a8150fdda5ed1f786ac59ac25cdd532ef0",
    "principles-finance": "3b7fc65c527ef51dbee24689691f19947fb72fb2",
    "principles-marketing": "40369d8ce3adb160cf8d2cc6528cd00be6a472eb",
    "statistics": "ee0efc177a01145d28d9429fc309e331fab9c566",
    "university-physics-bundle": "db44eb99e9aa1d918fd8cf182f82ccdece9c7b11",
    "writing-guide": "a6c95528390e3a2936f5bf87c49ac1a4995a0a6e",
}
OTHER_OPENSTAX = {
    "fisica-universitaria-bundle": "dcfa34b3a56bfd87ec7caf25e9b90de82f8e80a1",
    "quimica-bundle": "755d386f196fdd7a308e0d9cecd1ff9fb1009241",
    "psychologia": "2010b2f265ec99f8f24766d54d621f7736d827d8",
}
_OTHER_LANGUAGES = {"fisica-universitaria-bundle": "es", "quimica-bundle": "es", "psychologia": "pl"}
PYTHON_MANUALS = ("ko", "pt-br", "tr", "pl", "uk", "it")
MORE_CODE = (
    "FasterXML/jackson-databind", "JodaOrg/joda-time", "ReactiveX/RxJava", "ReactiveX/rxjs", "TheAlgorithms/Go",
    "TheAlgorithms/Java", "TheAlgorithms/JavaScript", "TheAlgorithms/Rust", "TheAlgorithms/TypeScript", "Turfjs/turf",
    "angular/components", "apache/commons-compress", "apache/commons-io", "apache/commons-math",
    "apache/commons-numbers", "apache/commons-text", "caddyserver/caddy", "clap-rs/clap", "cli/cli",
    "crossbeam-rs/crossbeam", "denoland/std", "dimforge/nalgebra", "eslint/eslint", "etcd-io/etcd", "gin-gonic/gin",
    "go-gorm/gorm", "golang/tools", "gonum/gonum", "google/gson", "helm/helm", "image-rs/image",
    "immutable-js/immutable-js", "jhy/jsoup", "josdejong/mathjs", "lodash/lodash", "petgraph/petgraph",
    "photonstorm/phaser", "ramda/ramda", "rayon-rs/rayon", "rclone/rclone", "rust-itertools/itertools",
    "rust-lang/regex", "rust-ndarray/ndarray", "spf13/cobra", "tensorflow/tfjs", "toss/es-toolkit",
)  # fmt: skip
BOOKS = (
    "adam-smith_the-wealth-of-nations", "arthur-conan-doyle_the-adventures-of-sherlock-holmes",
    "bertrand-russell_the-problems-of-philosophy", "bram-stoker_dracula", "charles-darwin_the-origin-of-species",
    "charles-darwin_the-voyage-of-the-beagle",
    "edward-gibbon_the-history-of-the-decline-and-fall-of-the-roman-empire", "henry-david-thoreau_walden",
    "jane-austen_pride-and-prejudice", "john-stuart-mill_on-liberty", "marcus-aurelius_meditations_george-long",
    "mary-shelley_frankenstein", "william-james_the-varieties-of-religious-experience",
)  # fmt: skip
PROJECTS = (
    "about-me", "astronaut-reaction-times", "balloons", "boat-race", "brain-game", "catch-the-bus", "chatbot",
    "clone-wars", "dodgeball", "flappy-parrot", "getting-started-with-the-sense-hat", "ghostbusters",
    "happy-birthday", "lost-in-space", "magazine", "memory", "paint-box", "recipe", "rock-band",
    "rock-paper-scissors", "space-junk", "space-talk", "tell-a-story", "turtle-race",
)  # fmt: skip
MORE_REPOSITORIES = (
    *APPS, *SITES, *MORE_SITES, PIXEL_DUNGEON, THUNDERBIRD, FIREFOX_RELAY, SKYCULTURES, *MORE_CODE,
    *(f"python/python-docs-{lang}" for lang in PYTHON_MANUALS),
    *(f"standardebooks/{book}" for book in BOOKS),
    *(f"raspberrypilearning/{project}" for project in PROJECTS),
    "microsoft/edgeai-for-beginners", "microsoft/AZD-for-beginners", "tensorflow/docs-l10n", "vuejs/docs",
    *(f"vuejs-translations/docs-{lang}" for lang in ("ja", "ko", "zh-cn", "ru", "fr")),
    "nodejs/nodejs.org", "goldbergyoni/nodebestpractices", "ant-design/ant-design", "donnemartin/system-design-primer",
    "google/comprehensive-rust", "godotengine/godot-editor-l10n", "omwn/omw-data", "global-asp/asp-source",
    "18F/handbook", "LukeSmithxyz/based.cooking", "Anduin2017/HowToCook",
)  # fmt: skip
# The last heading of a question for what no question asks: tasks with their solutions, and lists of works.
_TASKS = re.compile(
    r": (?:[\w ]*\b(?:solutions?|solución)(?: (?:for|para) .*)?|problemas[\w ]*|ejercicios[\w ]*"
    r"|(?:additional |challenge )?problems?(?:[ &-]*exercises)?|homework|practice)$",
    re.IGNORECASE,
)
_WORKS = re.compile(
    r": (?:references|sources|works cited|further reading|annotated bibliography|bibliografia)$", re.IGNORECASE
)


def read_more_textbooks(root: Path) -> Iterator[TrainingText]:
    """Yield further textbooks in English."""
    for book in MORE_OPENSTAX:
        yield from _without_tasks(read_textbook(root / f"openstax+osbooks-{book}"))


def read_other_textbooks(root: Path) -> Iterator[TrainingText]:
    """Yield the Spanish and Polish textbooks."""
    for book, lang in _OTHER_LANGUAGES.items():
        yield from _without_tasks(read_textbook(root / f"openstax+osbooks-{book}", lang))


def _without_tasks(texts: Iterator[TrainingText]) -> Iterator[TrainingText]:
    """Yield a textbook's texts without lists of works, and without the headings of tasks and solutions."""
    kept = list(texts)
    works = {item.answer for item in kept if item.answer and _WORKS.search(item.text)}
    for item in kept:
        is_task = item.answer is not None and _TASKS.search(item.text)
        if not is_task and (item.answer or item.text) not in works:
            yield item


def read_message_catalogs(root: Path) -> Iterator[TrainingText]:
    """Yield what is translated by message: Python's manual in more languages, Comprehensive Rust, Godot."""
    for lang in PYTHON_MANUALS:
        for path in sorted((root / f"python+python-docs-{lang}").rglob("*.po")):
            yield from read_catalog("python-manual-translations", lang[:2], path)
    yield from read_catalogs(root)
