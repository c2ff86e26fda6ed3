"""The texts of the bundled model's training and of its evaluation."""

import json
import random

import numpy as np
import pytest
from tools.train_tiny.evalsets import HitSet, RetrievalSet, load_sts
from tools.train_tiny.metrics import hit_scores, ndcg_scores
from tools.train_tiny.pair_sampler import STAGES, PairSampler
from tools.train_tiny.scenes import scene_sentences
from tools.train_tiny.sources.repositories import HELD_OUT, OPENSTAX, REPOSITORIES
from tools.train_tiny.teacher_texts import load_pairs, load_texts, question_pairs, short_texts
from tools.train_tiny.template_words import DEVELOPMENT_WORDS, TRAINING_WORDS
from tools.train_tiny.training_text import TrainingText


def _texts():
    rng = random.Random(0)
    nouns = ["river", "stone", "window", "paper", "garden", "engine", "bridge", "candle", "mirror", "basket"]
    for number in range(200):
        passage = " ".join(rng.choices(nouns, k=60)) + f" {number}."
        yield TrainingText("words", "en", f"what the {nouns[number % 10]} says {number}", "query", answer=passage)
        yield TrainingText("woerter", "de", f"der Fluss {number}", "query", answer=passage)
        yield TrainingText(
            "code:words", "en", f"return the number {number}", "query", answer=f"def f(): return {number}"
        )


@pytest.fixture
def teacher_folder(tmp_path):
    """Return a folder as `teach` writes it, with random vectors in place of the teacher's."""
    rng = np.random.default_rng(0)
    (tmp_path / "pairs").mkdir()
    texts = short_texts(_texts(), 128)
    pairs = question_pairs(_texts(), 96)
    for part in range(2):
        chosen = texts[part * 64 : part * 64 + 64]
        np.savez(tmp_path / f"{part:03}.npz", embeddings=_unit(rng, len(chosen)), texts=np.array(json.dumps(chosen)))
    left, right = _unit(rng, len(pairs)), _unit(rng, len(pairs))
    np.savez(tmp_path / "pairs/000.npz", left=left, right=right, texts=np.array(json.dumps(pairs)))
    return tmp_path


def _unit(rng, n):
    vectors = rng.normal(size=(n, 8))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)


def test_the_teacher_labels_short_english_texts_and_no_code():
    texts = short_texts(_texts(), 100)
    assert len(texts) == len(set(texts)) == 100
    assert any(text.startswith("what the") for text in texts)
    assert not any("Fluss" in text or "return" in text for text in texts)


def test_pairs_for_the_teacher_are_english_questions_with_the_beginnings_of_long_passages():
    pairs = question_pairs(_texts(), 1000)
    assert len(pairs) == 200
    assert all(len(passage) <= 420 for _, passage in pairs)


def test_kept_texts_come_back_in_groups_that_the_teacher_finds_alike(teacher_folder):
    texts = load_texts(teacher_folder)
    assert len(texts.texts) == len(texts.embeddings) == 128
    chosen, embeddings = texts.neighbours(32, random.Random(0))
    assert len(chosen) == len(set(chosen)) == len(embeddings) <= 32
    first = embeddings[0]
    nearest = np.sort(texts.embeddings @ first)[::-1][:4]
    assert np.sort(embeddings[:4] @ first)[::-1] == pytest.approx(nearest)


def test_without_labels_there_is_nothing(tmp_path):
    assert load_texts(tmp_path) is None
    assert load_pairs(tmp_path) is None


def test_batches_hold_each_kind_that_has_texts_and_the_teachers_vectors_in_order(teacher_folder):
    texts, pairs = load_texts(teacher_folder), load_pairs(teacher_folder / "pairs")
    sampler = PairSampler(_texts(), STAGES["layers"], (texts, pairs))
    found = {}
    for batch, _ in zip(sampler.batches(16, seed=0), range(200), strict=False):
        found[batch.kind] = batch
    assert set(found) == {"qa", "code", "similar", "teacher", "triple"}  # no translations and no long texts are here
    batch = found["similar"]
    by_text = dict(zip(texts.texts, texts.embeddings, strict=True))
    for text, embedding in zip(batch.left, batch.teacher, strict=True):
        assert by_text[text.rpartition("\nQuery:")[2]] == pytest.approx(embedding)
    batch = found["teacher"]
    rights = {passage: embedding for (_, passage), embedding in zip(pairs.pairs, pairs.right, strict=True)}
    for text, embedding in zip(batch.right, batch.teacher_right, strict=True):
        assert rights[text] == pytest.approx(embedding)


def test_half_of_the_batches_hold_pairs_that_the_starting_vectors_find_alike():
    texts = list(_texts())
    seen = []

    def embed(passages):
        seen.append(len(passages))
        return np.eye(10)[[int(passage.rpartition(" ")[2].strip(".")) % 10 for passage in passages]]

    short = [TrainingText("numbers", "en", text.text, "query", answer=f"a {n}.") for n, text in enumerate(texts)]
    sampler = PairSampler(short, {"qa": 1.0}, embed=embed)
    batches = [batch for batch, _ in zip(sampler.batches(16, seed=0), range(40), strict=False)]
    assert 10 < len(seen) < 30
    alike = [len({int(right[2:].strip(".")) % 10 for right in batch.right}) for batch in batches]
    assert abs(sum(kinds <= 4 for kinds in alike) - len(seen)) <= 1  # the last may be drawn and not yielded


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
