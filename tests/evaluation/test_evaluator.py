"""The metrics equal those of sentence-transformers' evaluator, and those computed by hand."""

import pytest
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.evaluation import InformationRetrievalEvaluator

from corpus import QUERIES, TEXTS
from qwen3_embed_integrations import ConfigError, DataFileError, Qwen3Encoder
from qwen3_embed_integrations.evaluation import RetrievalDataset, evaluate, matryoshka_dims

DATASET = RetrievalDataset(
    tuple(QUERIES), tuple(TEXTS), ({0: 1.0}, {1: 1.0}, {4: 1.0, 3: 1.0}, {5: 1.0, 2: 1.0}, {6: 1.0})
)


@pytest.mark.parametrize("dimension", [64, 40])
def test_the_metrics_are_those_of_sentence_transformers(checkpoint, dimension):
    model = SentenceTransformer(str(checkpoint), device="cpu", truncate_dim=dimension)
    evaluator = InformationRetrievalEvaluator(
        {str(n): text for n, text in enumerate(DATASET.queries)},
        {str(n): text for n, text in enumerate(DATASET.documents)},
        {str(n): {str(found) for found in relevant} for n, relevant in enumerate(DATASET.relevant)},
        precision_recall_at_k=[1, 10],
        mrr_at_k=[10],
        ndcg_at_k=[10],
    )
    theirs = evaluator(model)
    (ours,) = evaluate(Qwen3Encoder(model=str(checkpoint)), DATASET, [dimension])
    assert ours.dimension == dimension
    assert ours.ndcg_at_10 == pytest.approx(theirs["cosine_ndcg@10"], abs=1e-6)
    assert ours.mrr_at_10 == pytest.approx(theirs["cosine_mrr@10"], abs=1e-6)
    assert ours.recall_at_1 == pytest.approx(theirs["cosine_recall@1"], abs=1e-6)
    assert ours.recall_at_10 == pytest.approx(theirs["cosine_recall@10"], abs=1e-6)


def test_dimensions_are_measured_largest_first_and_default_to_powers_of_two(checkpoint):
    encoder = Qwen3Encoder(model=str(checkpoint))
    assert [one.dimension for one in evaluate(encoder, DATASET, [32, 50])] == [50, 32]
    assert [one.dimension for one in evaluate(encoder, DATASET)] == [64, 32]
    assert matryoshka_dims(Qwen3Encoder(model="tiny")) == [256, 128, 64, 32]
    assert matryoshka_dims(Qwen3Encoder(model="tiny", dimension=100)) == [100, 64, 32]


def test_each_query_may_have_its_own_task(checkpoint):
    from dataclasses import replace

    encoder = Qwen3Encoder(model=str(checkpoint))
    mixed = evaluate(encoder, replace(DATASET, tasks=("code",) * len(QUERIES)), [64])
    assert mixed == evaluate(encoder, DATASET, [64], task="code")


def test_what_can_t_be_measured_is_refused(checkpoint):
    encoder = Qwen3Encoder(model=str(checkpoint))
    with pytest.raises(ConfigError, match="32 to 64"):
        evaluate(encoder, DATASET, [65])
    with pytest.raises(DataFileError, match="no queries"):
        evaluate(encoder, RetrievalDataset((), (), ()), [64])
