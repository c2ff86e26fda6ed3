import json
import math

import pytest

from qwen3_embed_integrations.rag.ranking import Ranking


@pytest.mark.parametrize(
    ("ranking", "score", "parts"),
    [
        (Ranking(dense_rank=2), 0.5, ["cosine 0.500 (rank 2)"]),
        (Ranking(0.8, 1, 7.25, 3), 0.8, ["cosine 0.500 (rank 1) and BM25 7.2 (rank 3): 0.800"]),
        (Ranking(0.7, 1), 0.7, ["no common word: 0.700"]),
        (Ranking(0.6, None, 9.0, 1), 0.6, ["cosine 0.500 and BM25 9.0 (rank 1): 0.600"]),
        (Ranking(0.8, 1, 7.0, 3, 2.0), 1 / (1 + math.exp(-2)), ["reranker 0.881 (logit 2.0); cosine", "0.800"]),
    ],
)
def test_one_line_explains_the_score_that_orders(ranking, score, parts):
    assert ranking.score(0.5) == pytest.approx(score)
    line = ranking.reason(0.5)
    assert "\n" not in line
    assert all(part in line for part in parts)


@pytest.mark.parametrize("logit", [-1e6, 1e6])
def test_no_logit_overflows(logit):
    assert Ranking(logit=logit).score(0.0) == pytest.approx(float(logit > 0))


def test_json_has_the_known_scores_alone():
    assert json.loads(json.dumps(Ranking(0.5, 1).as_json())) == {"fused": 0.5, "dense_rank": 1}
