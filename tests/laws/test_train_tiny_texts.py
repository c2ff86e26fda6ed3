"""The texts of the bundled model's training and of its evaluation."""

import numpy as np
import pytest
from tools.train_tiny.evalsets import HitSet, RetrievalSet, load_sts
from tools.train_tiny.metrics import hit_scores, ndcg_scores
from tools.train_tiny.scenes import scene_sentences
from tools.train_tiny.sources.repositories import HELD_OUT, OPENSTAX, REPOSITORIES
from tools.train_tiny.template_words import DEVELOPMENT_WORDS, TRAINING_WORDS


def test_scenes_are_sentences_that_differ():
    sentences = scene_sentences(400)
    assert len(set(sentences)) == 400
    assert not any(sentence[0].islower() for sentence in sentences)


def test_no_word_of_the_development_triples_is_trained_on():
    def last_words(words):
        return {word.lower().split()[-1] for side in vars(words).values() for word in side}

    assert not last_words(TRAINING_WORDS) & last_words(DEVELOPMENT_WORDS)


def test_what_evaluates_is_no_source_and_textbooks_are_pinned():
    assert not set(HELD_OUT) & set(REPOSITORIES)
    assert all(len(commit) == 40 for commit in OPENSTAX.values())


def test_a_hit_is_a_relevant_document_among_the_first_three():
    dataset = HitSet("hits", ["a", "b"], ["1", "2", "3", "4"], [frozenset({2}), frozenset({3})])
    scores = np.array([[4.0, 3.0, 2.0, 1.0], [4.0, 3.0, 2.0, 1.0]])
    assert hit_scores(scores, dataset).tolist() == [100.0, 0.0]


def test_ndcg_is_full_for_the_relevant_document_first_and_falls_with_its_rank():
    dataset = RetrievalSet("ranks", ["a", "b"], ["1", "2"], [frozenset({0}), frozenset({1})])
    first, second = ndcg_scores(np.array([[2.0, 1.0], [2.0, 1.0]]), dataset)
    assert first == pytest.approx(100.0)
    assert second == pytest.approx(100 / np.log2(3))


def test_similarity_pairs_without_a_score_are_left_out(tmp_path):
    (tmp_path / "2014").mkdir()
    (tmp_path / "2014/a.test.tsv").write_text("4.5\tone  cat\ta cat\n\tno score\tat all\n0.2\tdogs\tice\n", "utf-8")
    found = load_sts(tmp_path, 2014)
    assert (found.queries, found.documents, found.gold) == (["one cat", "dogs"], ["a cat", "ice"], [4.5, 0.2])
