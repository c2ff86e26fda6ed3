import numpy as np
import pytest
from langchain_core.language_models import FakeListChatModel

from qwen3_embed_integrations.core.errors import RagError
from qwen3_embed_integrations.rag.answer import (
    WORDS_WEIGHT,
    Generated,
    Sentence,
    extractive,
    rank_sentences,
    rendered_prompt,
    sentences_of,
    table_records,
)
from qwen3_embed_integrations.rag.passage import Passage
from qwen3_embed_integrations.rag.words import Term

PASSAGES = [
    Passage(
        "Gather\n\nRun things at once and wait for all. It returns a list of results.", "asyncio.gather", "Gather", 0.9
    ),
    Passage("Sleep\n\nWait for some seconds before you go on.", "time.sleep", "Sleep", 0.5),
]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One is here now. Two is here too!", ["One is here now.", "Two is here too!"]),
        (
            "A line\nthat goes on here.\n\nA paragraph of its own",
            ["A line that goes on here.", "A paragraph of its own"],
        ),
        ("See it work here:\n>>> sorted([3, 1])\n[1, 3]", ["See it work here:"]),
        (
            "Uses of it:\n- the first of them all\n- the second of them",
            ["- the first of them all", "- the second of them"],
        ),
        ("x = {1: [2, 3], 4: (5, 6)}", []),
        ("Too short.", []),
        ("会议室在三楼的走廊尽头。请提前一天预订会议室。", ["会议室在三楼的走廊尽头。", "请提前一天预订会议室。"]),
        ("", []),
    ],
)
def test_sentences_are_prose_with_even_white_space(text, sentences):
    assert sentences_of(text) == sentences


def test_sentences_are_ranked_by_their_likeness_to_the_question_and_know_their_passage(embeddings):
    embedding = np.asarray(embeddings.embed_query("How do I wait for all?"), dtype=np.float32)
    ranked = rank_sentences(embeddings.encoder, embedding, PASSAGES)
    assert {(sentence.text, sentence.passage) for sentence in ranked} == {
        ("Run things at once and wait for all.", 1),
        ("It returns a list of results.", 1),
        ("Wait for some seconds before you go on.", 2),
    }
    assert [sentence.score for sentence in ranked] == sorted((s.score for s in ranked), reverse=True)


def test_passages_without_sentences_have_no_ranking(embeddings):
    embedding = np.asarray(embeddings.embed_query("x"), dtype=np.float32)
    assert rank_sentences(embeddings.encoder, embedding, [Passage("f(x)", "f", "f", 0.5)]) == []


@pytest.mark.parametrize(
    ("text", "records"),
    [
        ("Bike | A day\nCargo bike | 40 euros", {"Cargo bike | 40 euros": "Bike: Cargo bike, A day: 40 euros"}),
        ("Bike | A day\nTrailer |  | on request", {"Trailer | | on request": "Bike: Trailer, on request"}),
        (" | A day\nCargo bike | 40 euros", {"Cargo bike | 40 euros": "Cargo bike, A day: 40 euros"}),
        ("Bike | A day", {}),
        ("Use a | b for both.\nIt is quick.", {}),
        ("", {}),
    ],
)
def test_the_records_of_a_table_name_their_columns(text, records):
    assert table_records(text) == records


def test_the_record_that_answers_is_the_answer_and_stands_in_the_passage(embeddings):
    passage = Passage("Prices\n\nBike | A day\nCity bike | 15 euros\nCargo bike | 40 euros", "prices", "Prices", 0.9)
    embedding = np.asarray(embeddings.embed_query("What does a cargo bike cost?"), dtype=np.float32)
    terms = [Term("cargo", 3.0, is_known=True), Term("bike", 1.0, is_known=True), Term("cost", 3.0, is_known=False)]
    ranked = rank_sentences(embeddings.encoder, embedding, [passage], terms)
    assert [sentence.text for sentence in ranked] == ["Cargo bike | 40 euros", "City bike | 15 euros"]
    answer = extractive("?", [passage], ranked[:1])
    assert answer.text == "Bike: Cargo bike, A day: 40 euros [1]"


def test_a_sentence_with_the_words_of_the_question_comes_before_its_neighbours(embeddings):
    question = "How expensive may my room be in Paris?"
    passages = [
        Passage("In Munich and Paris the limit is 160 euros.", "travel", "travel", 0.1),
        Passage("Store it in a dry place, about half full.", "battery", "battery", 0.2),
    ]
    embedding = np.asarray(embeddings.embed_query(question), dtype=np.float32)
    terms = [Term("paris", 3.0, is_known=True), Term("expensive", 3.0, is_known=False)]
    found = [rank_sentences(embeddings.encoder, embedding, passages, known) for known in ((), terms)]
    assert found[1][0].passage == 1
    assert found[1][0].score == pytest.approx(next(one.score for one in found[0] if one.passage == 1) + WORDS_WEIGHT)


def test_an_extractive_answer_cites_the_nearest_sentences_once_each():
    sentences = [Sentence("A is so.", 2, 0.9), Sentence("A is so.", 1, 0.9), Sentence("B is too.", 1, 0.8)]
    sentences.insert(1, Sentence("Letters: A is so.", 1, 0.9))  # a line of a list with the sentence in it
    answer = extractive("?", PASSAGES, [*sentences, Sentence("C is far off.", 1, 0.3)])
    assert (answer.text, answer.label) == ("A is so. [2] B is too. [1]", "extractive")


def test_an_extractive_answer_says_when_there_is_no_sentence():
    assert "no full sentence" in extractive("?", PASSAGES, []).text


def test_the_prompt_holds_the_question_and_every_numbered_passage_with_its_source():
    prompt = rendered_prompt("What of {braces}?", PASSAGES)
    assert "[1] asyncio.gather\nGather" in prompt
    assert "[2] time.sleep\nSleep" in prompt
    assert prompt.endswith("Question: What of {braces}?")


def test_any_langchain_chat_model_may_answer():
    answer = Generated(FakeListChatModel(responses=["  By gather [1].  "]), "some model")("?", PASSAGES, [])
    assert (answer.text, answer.label) == ("By gather [1].", "some model")


def test_a_citation_of_a_passage_that_was_not_given_is_marked():
    answer = Generated(FakeListChatModel(responses=["By gather [1], or so [7]."]), "some model")("?", PASSAGES, [])
    assert (answer.text, answer.unknown_citations) == ("By gather [1], or so [7?].", (7,))


def test_a_chat_model_that_fails_is_one_error_with_a_remedy():
    with pytest.raises(RagError, match=r"some model gave no answer.*--llm-url"):
        Generated(FakeListChatModel(responses=[]), "some model")("?", PASSAGES, [])
