import io

import pytest
from rich.console import Console

from qwen3_embed_integrations.rag.answer import Answer, Sentence
from qwen3_embed_integrations.rag.passage import Passage
from qwen3_embed_integrations.rag.terminal import excerpt, indexing_progress, show_answer, show_passages

LONG = Passage(
    "Title\n\n" + "Filler words stand here. " * 20 + "The best one is this. " + "More. " * 99, "a" * 90, "Title", 0.5
)


def console(width=80, *, terminal=False):
    return Console(file=io.StringIO(), width=width, force_terminal=terminal, highlight=False)


@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_line_is_wider_than_the_terminal(width):
    shown = console(width)
    show_passages(shown, "A question " * 30, [LONG], [Sentence("The best one is this.", 1, 0.9)])
    show_answer(shown, Answer("word " * 100, "extractive"))
    text = shown.file.getvalue()
    assert max(map(len, text.splitlines())) <= width
    assert "0.500" in text
    assert "Answer (extractive)" in text


def test_an_excerpt_starts_at_the_best_sentence_and_marks_it():
    text = excerpt(LONG, "The best one is this.")
    assert text.plain.startswith("… The best one is this. More.")
    (span,) = text.spans
    assert text.plain[span.start : span.end] == "The best one is this."


def test_an_excerpt_without_sentence_is_the_beginning():
    assert excerpt(Passage("f(x) -> y", "f", "f", 0.1), "").plain == "f(x) -> y"


def test_nothing_is_coloured_in_a_pipe():
    shown = console()
    show_passages(shown, "?", [LONG], [Sentence("The best one is this.", 1, 0.9)])
    assert "\x1b" not in shown.file.getvalue()


def test_a_document_can_not_steer_the_terminal_or_the_markup():
    shown = console()
    show_passages(shown, "[red]?", [Passage("\x1b[2J\x07 [bold]text[/bold] stays", "\x1b]0;x", "t", 0.1)], [])
    show_answer(shown, Answer("\x9b31m [/nothing]", "extractive"))
    text = shown.file.getvalue()
    assert not any(sign in text for sign in "\x1b\x07\x9b")
    assert "[bold]text[/bold]" in text


def test_progress_is_lines_in_a_pipe_and_a_bar_in_a_terminal():
    pipe, screen = console(), console(terminal=True)
    for shown in (pipe, screen):
        with indexing_progress(shown) as on_progress:
            on_progress(0, 10)
            on_progress(10, 10)
    assert pipe.file.getvalue().startswith("Embedded 10 of 10 chunks, ")
    assert "10/10" in screen.file.getvalue()


def test_a_citation_is_a_link_on_a_terminal_alone_and_other_places_stand_below_it():
    passage = Passage(
        "Text.", "a.pdf", "A", 0.5, url="file:///docs/a.pdf#page=3", also=("b.md", "c", "d", "e"), similar=("f",)
    )
    on_terminal, in_pipe = console(200, terminal=True), console(200)
    for shown in (on_terminal, in_pipe):
        show_passages(shown, "?", [passage], [])
        for part in ("a.pdf", "also: b.md, c, d, 1 more", "similar: f"):
            assert part in shown.file.getvalue()
    assert "\x1b]8;" in on_terminal.file.getvalue()
    assert on_terminal.file.getvalue().count("file:///docs/a.pdf#page=3") == 1
    assert "\x1b" not in in_pipe.file.getvalue()
    assert "file:" not in in_pipe.file.getvalue()


def test_no_name_of_a_file_or_place_acts_on_the_terminal():
    shown = console(200, terminal=True)
    show_passages(shown, "?", [Passage("x", "a\x1b]8;;http://evil\x07b", "A", 0.5, also=("c\x1b[2J",))], [])
    assert "\x1b]8;;http" not in shown.file.getvalue()
    assert "\x1b[2J" not in shown.file.getvalue()


def test_a_citation_that_no_passage_had_is_explained():
    shown = console(200)
    show_answer(shown, Answer("So it is [7?].", "model", (7,)))
    assert "[7?]: cited by the model, but no passage has this number." in shown.file.getvalue()
