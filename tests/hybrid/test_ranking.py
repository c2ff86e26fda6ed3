"""The ranking equals BM25 computed by its formula over every document."""

import math
import random
from collections import Counter

import pytest

from qwen3_embed_integrations.hybrid import BM25Index, ranking, tokenize


def expected(texts: list[str], query: str, k1: float, b: float) -> dict[str, float]:
    documents = [tokenize(text) for text in texts]
    mean, n = sum(map(len, documents)) / len(documents), len(documents)
    scores: dict[str, float] = {}
    for term in set(tokenize(query)):
        n_with = sum(term in terms for terms in documents)
        idf = max(math.log((n - n_with + 0.5) / (n_with + 0.5)), 1e-6) if n_with else 0.0
        for index, terms in enumerate(documents):
            count = Counter(terms)[term]
            if count:
                gain = idf * count * (k1 + 1) / (count + k1 * (1 - b + b * len(terms) / mean))
                scores[str(index)] = scores.get(str(index), 0.0) + gain
    return scores


def random_texts(n: int) -> list[str]:
    numbers = random.Random(7)
    words = [f"w{number}" for number in range(60)]
    return [" ".join(numbers.choices(words, weights=range(60, 0, -1), k=numbers.randint(1, 30))) for _ in range(n)]


@pytest.mark.parametrize(("k1", "b"), [(1.2, 0.75), (0.9, 0.4), (0.0, 0.0)])
def test_scores_are_those_of_the_formula(k1: float, b: float) -> None:
    texts = random_texts(200)
    index = BM25Index(k1=k1, b=b)
    index.add(map(str, range(200)), texts)
    for query in ("w1 w59", "w7 w7 w8", "w0"):
        wanted = expected(texts, query, k1, b)
        hits = index.search(query, k=200)
        assert dict(hits) == pytest.approx(wanted)
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_scores_stay_those_of_the_formula_after_changes_and_deletions() -> None:
    texts = random_texts(120)
    index = BM25Index()
    index.add(map(str, range(120)), reversed(texts))
    index.add(map(str, range(120)), texts)
    index.delete(map(str, range(100, 120)))
    assert dict(index.search("w3 w20", k=200)) == pytest.approx(expected(texts[:100], "w3 w20", 1.2, 0.75))


def test_common_terms_are_left_out_unless_the_query_has_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "_COMMON_DOCUMENTS", 3)
    index = BM25Index()
    index.add(map(str, range(10)), ["the cat" if number == 4 else "the dog" for number in range(10)])
    assert [hit.id for hit in index.search("the cat")] == ["4"]
    assert len(index.search("the")) == 10


def test_a_query_reads_a_bounded_number_of_occurrences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "_MAX_OCCURRENCES", 6)
    index = BM25Index()
    index.add(map(str, range(10)), ["rare common" if number < 2 else "common" for number in range(10)])
    assert [hit.id for hit in index.search("common rare")] == ["0", "1"]
