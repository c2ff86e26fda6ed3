from dataclasses import replace

import numpy as np

from qwen3_embed_integrations.rag.passage import Passage
from qwen3_embed_integrations.rag.selection import CANDIDATES, n_candidates, select

LONG = "The notice period is three months to the end of a quarter, in writing, by registered letter. " * 3


def passages(*sources, text="{0} tells of {0}'s own matter alone in its words"):
    return [Passage(text.format(name), name[0], name, 1 - n / 100) for n, name in enumerate(sources)]


def shown(found):
    return [passage.title for passage in found]


def test_at_most_two_of_a_file_where_others_have_enough():
    found = passages("a1", "a2", "a3", "a4", "b1", "c1")
    assert shown(select(found, 4, per_file=2)) == ["a1", "a2", "b1", "c1"]
    assert shown(select(found, 4)) == ["a1", "a2", "a3", "a4"]


def test_a_single_file_still_fills_the_answer_in_the_order_of_scores():
    assert shown(select(passages("a1", "a2", "a3", "b1"), 4, per_file=2)) == ["a1", "a2", "a3", "b1"]


def test_what_says_nearly_the_same_is_shown_once_and_named():
    first, second, other = passages("a1", "b1", "c1")
    found = [replace(first, text=LONG), replace(second, text=LONG.replace("quarter", "year", 1)), other]
    best, following = select(found, 4, per_file=2)
    assert (best.title, best.similar) == ("a1", ("b",))
    assert best.text == LONG
    assert following.title == "c1"


def test_what_differs_in_more_than_a_few_words_is_not_the_same():
    first, second = passages("a1", "b1", text="{0}: parking is allowed on Mondays near the gate")
    assert len(select([first, second], 4)) == 2


def test_lists_of_links_come_last():
    found = [replace(passage, kind="links" if passage.source == "a" else "") for passage in passages("a1", "b1", "c1")]
    assert shown(select(found, 3)) == ["b1", "c1", "a1"]


def test_marginal_relevance_prefers_what_differs_from_the_chosen():
    found = passages("a1", "b1", "c1")
    embeddings = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]], dtype=np.float32)
    assert shown(select(found, 2, mmr=0.5, embeddings=embeddings)) == ["a1", "c1"]
    assert shown(select(found, 2, mmr=1.0, embeddings=embeddings)) == ["a1", "b1"]


def test_more_is_retrieved_than_shown():
    assert (n_candidates(4), n_candidates(100)) == (CANDIDATES, 500)


def test_nothing_found_is_nothing_shown():
    assert select([], 4, per_file=2) == []
