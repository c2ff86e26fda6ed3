"""Translated messages that the bundled model is trained on: a small file of each kind, and what is read of it."""

import gettext
import io
import json
import struct

import pytest
from tools.train_tiny.sources import locale_files
from tools.train_tiny.sources.desktop_catalogs import read_interface
from tools.train_tiny.sources.locales import LocaleFiles, read_apps, read_sites
from tools.train_tiny.sources.po_files import checked_messages
from tools.train_tiny.sources.translation_pairs import keyed_translations, preferred_folders, translation

from source_files import pairs, written


@pytest.mark.parametrize(
    ("lang", "english", "text"),
    [
        ("ru", "Open the window", "Open the window"),
        ("ja", "The window", "Fenster"),
        ("de", "Choose the preferred colour of windows", "Choose the preferred colour of Fenster"),
        ("de", "1 2 3 4", "eins"),
    ],
)
def test_a_copy_another_script_and_bare_numbers_are_no_translation(lang, english, text):
    assert not list(translation("ui", lang, english, text))


def test_a_translation_is_kept_with_its_original():
    assert pairs(translation("ui", "ja", "Open  the window", "窓を開く")) == {("ja", "Open the window", "窓を開く")}


@pytest.mark.parametrize("message", ["Saved to %1$s", "Hello, {name}", "%S is full", "#1 messages", "see https://a.b"])
def test_messages_with_placeholders_are_left_out(message):
    english = {"a": message, "b": "Save the <b>file</b>"}
    found = keyed_translations("ui", "de", english, {"a": "Etwas anderes", "b": "Die <b>Datei</b> sichern", "c": "C"})
    assert pairs(found) == {("de", "Save the file", "Die Datei sichern")}


def test_of_a_languages_folders_the_most_read_form_is_taken(tmp_path):
    for name in ("en", "pt", "pt-BR", "zh-CN", "zh-TW", "de", "xx"):
        (tmp_path / name).mkdir()
    assert {lang: folder.name for lang, folder in preferred_folders(tmp_path.iterdir()).items()} == {
        "pt": "pt-BR",
        "zh": "zh-CN",
        "de": "de",
    }


def test_each_kind_of_locale_file_is_read(tmp_path):
    def read(reader, text):
        return reader(written(tmp_path / "file", text))

    assert read(locale_files.read_yaml, "de:\n  a:\n    b: Haus\n") == {"/a/b": "Haus"}
    assert read(locale_files.read_yaml, "de: [\n") == {}
    assert read(locale_files.read_json, '{"a": "A", "@a": "told", "n": 1}') == {"a": "A"}
    assert read(locale_files.read_mediawiki, '{"a": "A", "b": "$1 B", "c": "[[C]]"}') == {"a": "A"}
    tags = {"de": {"presets": {"bank": {"name": "Bank", "terms": "Geld"}}}}
    assert read(locale_files.read_tagging, json.dumps(tags)) == {"/presets/bank/name": "Bank"}
    assert read(locale_files.read_properties, "# no\na.b = An _old_\\\n  house\nc=\\u00e4\n") == {
        "a.b": "An old house",
        "c": "ä",
    }
    fluent = "title = Use { -brand-name-firefox }\n  daily\n    .label = no\nbye = { $name } leaves\n"
    assert read(locale_files.read_fluent, fluent) == {"title": "Use Firefox daily"}
    assert read(locale_files.read_stringtable, "# no\nSHIP\nA <i>ship</i>\n\nREF\n'''See [[SHIP]]'''\n") == {
        "SHIP": "A ship"
    }
    assert read(locale_files.read_android, "<resources><string") == {}


def test_strings_of_an_app_are_read_beside_their_originals(tmp_path):
    values = tmp_path / "AntennaPod+AntennaPod/ui/res"
    string = '<resources><string name="a">{}</string></resources>'
    for folder, text in (("values", "Don\\'t stop"), ("values-de", "Nicht anhalten"), ("values-zh-rTW", "不要停止")):
        written(values / folder / "strings.xml", string.format(text))
    assert pairs(read_apps(tmp_path)) == {("de", "Don't stop", "Nicht anhalten"), ("zh", "Don't stop", "不要停止")}


def test_files_beside_the_english_one_are_its_translations(tmp_path):
    for name, text in (("en", "Community"), ("de", "Gemeinschaft"), ("zh_TW", "社區"), ("fr", "Communauté")):
        written(tmp_path / f"a+b/l10n/app_{name}.arb", json.dumps({"x": text}))
    project = {"a/b": LocaleFiles("app", "l10n/app_en.arb", locale_files.read_json, 5)}
    assert pairs(read_sites(tmp_path, project)) == {
        ("de", "Community", "Gemeinschaft"),
        ("fr", "Community", "Communauté"),
    }


def test_finished_messages_of_a_po_file_are_read_without_markup(tmp_path):
    entries = (
        'msgid "Run the `cargo` [command](https://a.b) twice"\nmsgstr "Den Befehl `cargo` zweimal ausführen"',
        '#, fuzzy\nmsgid "An unfinished message"\nmsgstr "Eine unfertige Nachricht"',
        'msgid "A message with {braces}"\nmsgstr "Eine Nachricht mit {Klammern}"',
        '#~ msgid "An obsolete message"\n#~ msgstr "Eine alte Nachricht"',
    )
    path = written(tmp_path / "de.po", "\n\n".join(entries))
    assert pairs(checked_messages("rust", "de", path)) == {
        ("de", "Run the cargo command twice", "Den Befehl cargo zweimal ausführen")
    }


def compiled_catalog(messages):
    """Return a compiled gettext catalog: two tables of lengths and places, then the texts."""
    ids, texts = zip(*sorted(messages.items()), strict=True)
    parts = [part.encode() for part in (*ids, *texts)]
    start = 28 + 8 * len(parts)
    table = b""
    for part in parts:
        table += struct.pack("<II", len(part), start)
        start += len(part) + 1
    header = struct.pack("<7I", 0x950412DE, 0, len(ids), 28, 28 + 8 * len(ids), 0, 0)
    return header + table + b"".join(part + b"\0" for part in parts)


def test_interfaces_are_read_of_compiled_catalogs(tmp_path):
    folder = tmp_path / "gramps/usr/share/locale/de/LC_MESSAGES"
    folder.mkdir(parents=True)
    messages = {"": "Content-Type: text/plain; charset=UTF-8\n", "Family &tree": "Stamm&baum", "%d people": "%d Leute"}
    catalog = compiled_catalog(messages)
    assert gettext.GNUTranslations(io.BytesIO(catalog)).gettext("Family &tree") == "Stamm&baum"
    (folder / "gramps.mo").write_bytes(catalog)
    (folder / "broken.mo").write_bytes(
        compiled_catalog({"": "Content-Type: text/plain; charset=none\n", "One two": "Eins"})
    )
    assert pairs(read_interface(tmp_path, ["gramps"], "education-ui", 1)) == {("de", "Family tree", "Stammbaum")}
