import pytest

from qwen3_embed_integrations.rag.evidence import WORDS_WEIGHT, Evidence, of_cosine, of_logits
from qwen3_embed_integrations.rag.words import Term

TERMS = [Term("moon", 3.0, is_known=False), Term("csv", 1.0, is_known=True)]


def test_the_known_words_count_beside_the_cosine():
    evidence = of_cosine(TERMS, 0.4)
    assert evidence == Evidence("cosine", pytest.approx(0.4 + WORDS_WEIGHT / 4), 0.4, 0.25)
    assert "cosine 0.40, 25% of the question's words known" in str(evidence)


def test_an_empty_index_has_the_lowest_evidence():
    assert of_cosine(TERMS, None).score == -1
    assert "index is empty" in str(of_cosine(TERMS, None))
    assert of_logits([]).score < -100


def test_of_logits_the_best_counts():
    assert of_logits([-3.0, 1.5, 0.0]) == Evidence("logit", 1.5)
    assert "1.50" in str(of_logits([1.5]))
