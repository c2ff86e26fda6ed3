import json

import pytest

from qwen3_embed_integrations.core.errors import DataFileError
from qwen3_embed_integrations.rag.corpora.blocks import Block, ParsedDocument
from qwen3_embed_integrations.rag.study.questions import Quote, read_questions

DOCUMENTS = [
    ParsedDocument("a.html", "A", (Block("Café opens\nat  eight."), Block("It closes at ten.")), also=("a.md",)),
    ParsedDocument("b.txt", "B", (Block("The CAFÉ opens at eight, the bar at nine. Cafe opens, at eight!"),)),
]


@pytest.fixture
def records_file(tmp_path):
    def write(*records):
        path = tmp_path / "judged.jsonl"
        path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
        return path

    return write


def test_a_quote_is_found_whatever_its_spaces_signs_and_capitals_are(records_file):
    path = records_file({"question": "When?", "file": "a.html", "quote": "*café* opens at eight"})
    (question,) = read_questions(path, DOCUMENTS)
    assert question.quotes == ((Quote("a.html", 0, 20),),)
    text = "\n\n".join(block.text for block in DOCUMENTS[0].blocks)
    assert text[0:20] == "Café opens\nat  eight"


def test_a_quote_across_two_blocks_is_one(records_file):
    (question,) = read_questions(
        records_file({"question": "?x", "file": "a.html", "quote": "eight. It closes"}), DOCUMENTS
    )
    assert question.quotes == ((Quote("a.html", 15, 32),),)


def test_without_a_file_every_place_counts_and_several_records_are_several_answers(records_file):
    path = records_file(
        {"question": "When?", "quote": "café opens at eight"},
        {"question": "When? ", "quote": "the bar at nine", "file": "b.txt"},
    )
    (question,) = read_questions(path, DOCUMENTS)
    assert [[quote.source for quote in quotes] for quotes in question.quotes] == [["a.html", "b.txt"], ["b.txt"]]


def test_the_source_of_a_page_is_the_page(records_file):
    (question,) = read_questions(records_file({"question": "?x", "file": "a.md", "quote": "closes"}), DOCUMENTS)
    assert question.quotes[0][0].source == "a.html"


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"question": "?", "quote": ""}, r"line 1: needs a text in the columns question and quote"),
        ({"question": "?", "quote": "x", "file": "c.txt"}, r"line 1: 'c.txt' is not among the documents"),
        (
            {"question": "?", "quote": "no such words", "file": "b.txt"},
            r"line 1: 'no such words' does not stand in b.txt",
        ),
        ({"question": "?", "quote": "... !"}, r"does not stand in any document"),
    ],
)
def test_a_judgement_that_can_not_be_found_is_refused_by_its_line(records_file, record, message):
    with pytest.raises(DataFileError, match=message):
        read_questions(records_file(record), DOCUMENTS)
