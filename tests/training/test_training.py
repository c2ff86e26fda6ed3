"""Fine-tune a small random model: it learns, and every loader of its folder computes the same embeddings."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

from qwen3_embed_integrations import Qwen3Encoder
from training_examples import records_of

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")  # peft 0.21
TEXTS = ["apple red?", "The apple here is red, shelf 0.", "", "北京是中华人民共和国的首都。", "x " * 60]


def assert_loaders_agree(folder):
    """Our encoder and sentence-transformers agree within 2e-6, with the prompts that the folder stores."""
    encoder = Qwen3Encoder(model=str(folder), dtype="float32")
    peer = SentenceTransformer(str(folder), device="cpu", model_kwargs={"dtype": torch.float32})
    assert np.abs(encoder.encode_query(TEXTS) - peer.encode_query(TEXTS, batch_size=2)).max() <= 2e-6
    assert np.abs(encoder.encode_document(TEXTS) - peer.encode_document(TEXTS, batch_size=2)).max() <= 2e-6
    assert encoder.model_info.pooling == "lasttoken"
    return encoder


def test_full_fine_tuning_learns_and_its_folder_is_complete(fine_tune, checkpoint):
    report = fine_tune(records_of(60), epochs=6)
    assert report.after[0].ndcg_at_10 > report.before[0].ndcg_at_10 + 0.1
    assert [one.dimension for one in report.after] == [64, 32]
    assert report.n_train + report.n_dev == 60
    encoder = assert_loaders_agree(report.output)
    base = Qwen3Encoder(model=str(checkpoint))
    assert encoder.model_info.prompts == base.model_info.prompts
    assert np.abs(encoder.encode_document(TEXTS) - base.encode_document(TEXTS)).max() > 1e-2
    names = {path.name for path in report.output.iterdir()}
    assert {"README.md", "quality.svg", "training_report.json", "runs", "model.safetensors", "modules.json"} <= names
    assert json.loads((report.output / "training_report.json").read_text())["n_steps"] == report.n_steps
    assert not report.output.with_name("model.run").exists()


def test_the_card_is_filled_in_and_quotes_no_record(fine_tune):
    report = fine_tune(task="code")
    card = (report.output / "README.md").read_text()
    assert card.startswith("---\nlibrary_name:")
    assert f"| after | 64 | {100 * report.after[0].ndcg_at_10:.1f} |" in card
    assert "Given a question about coding" in card
    assert "apple" not in card
    assert "None" not in card


def test_a_merged_lora_and_a_kept_adapter_are_one_model(fine_tune, tmp_path):
    options = {"lora_rank": 4, "learning_rate": 5e-3, "lora_targets": ["q_proj", "down_proj"]}
    merged = fine_tune(**options, output=tmp_path / "merged")
    kept = fine_tune(**options, output=tmp_path / "kept", keep_adapter=True)
    assert not (kept.output / "model.safetensors").exists()
    records = [assert_loaders_agree(report.output).encode_query(TEXTS) for report in (merged, kept)]
    np.testing.assert_allclose(records[0], records[1], atol=2e-6)
    assert merged.after == kept.after


def test_every_integration_loads_the_folder_and_agrees(fine_tune):
    from qwen3_embed_integrations.chroma import Qwen3EmbeddingFunction
    from qwen3_embed_integrations.haystack import Qwen3TextEmbedder
    from qwen3_embed_integrations.langchain import Qwen3Embeddings
    from qwen3_embed_integrations.llama_index import Qwen3Embedding

    folder = str(fine_tune().output)
    (expected,) = Qwen3Encoder(model=folder).encode_query(["apple red?"])
    embedder = Qwen3TextEmbedder(model=folder)
    embedder.warm_up()
    for record in (
        Qwen3Embeddings(model=folder).embed_query("apple red?"),
        Qwen3Embedding(model=folder).get_query_embedding("apple red?"),
        embedder.run("apple red?")["embedding"],
        Qwen3EmbeddingFunction(model=folder).embed_query(["apple red?"])[0],
    ):
        np.testing.assert_allclose(record, expected, atol=2e-6)


@pytest.mark.parametrize(
    ("loss", "more"),
    [
        ("ranking", {}),
        ("cached-ranking", {"mini_batch_tokens": 64, "gradient_checkpointing": True}),
        ("cached-ranking", {"mine_negatives": 1, "mine_margin": 0.0}),
        ("triplet", {"mine_negatives": 2, "mine_margin": 0.0}),
        ("mse", {"teacher": "tiny"}),
        ("cosine", {"teacher": "tiny", "bf16": True, "dimensions": []}),
    ],
)
def test_every_loss_moves_the_model_and_gives_finite_records(fine_tune, checkpoint, loss, more):
    report = fine_tune(loss=loss, **more)
    records = Qwen3Encoder(model=str(report.output)).encode_document(TEXTS)
    assert np.isfinite(records).all()
    assert np.abs(records - Qwen3Encoder(model=str(checkpoint)).encode_document(TEXTS)).max() > 1e-4


def test_explicit_negatives_are_pushed_away(fine_tune, checkpoint):
    records = [
        {**record, "negative": f"{record['query'].split()[0]} is nowhere, bay {number}."}
        for number, record in enumerate(records_of(32))
    ]
    report = fine_tune(records, dev_share=0, loss="triplet", epochs=4, margin=0.5)

    def gap(folder):
        encoder = Qwen3Encoder(model=str(folder))
        queries, right = encoder.encode_query([r["query"] for r in records]), [r["positive"] for r in records]
        wrong = encoder.encode_document([r["negative"] for r in records])
        return float(((queries * encoder.encode_document(right)).sum(1) - (queries * wrong).sum(1)).mean())

    assert report.after == ()
    assert gap(report.output) > gap(checkpoint) + 0.1


def test_a_teachers_own_vectors_are_learned(fine_tune):
    teacher = Qwen3Encoder(model="tiny", dimension=64)
    records = records_of(40)
    sides = (
        teacher.encode_query([r["query"] for r in records]),
        teacher.encode_document([r["positive"] for r in records]),
    )
    with_teacher_vectors = [
        {**record, "query_vector": q.tolist(), "positive_vector": p.tolist()}
        for record, q, p in zip(records, *sides, strict=True)
    ]
    report = fine_tune(with_teacher_vectors, loss="cosine", dev_share=0, epochs=6, learning_rate=3e-3)
    learned = Qwen3Encoder(model=str(report.output)).encode_document([r["positive"] for r in records])
    assert (learned * sides[1]).sum(axis=1).mean() > 0.8


def test_the_instruction_goes_before_queries_and_for_symmetric_tasks_before_both(fine_tune, tmp_path):
    asymmetric = Qwen3Encoder(model=str(fine_tune(task="code", output=tmp_path / "one").output)).model_info
    assert asymmetric.prompts["query"].startswith("Instruct: Given a question about coding")
    assert asymmetric.prompts["document"] == ""
    symmetric = Qwen3Encoder(
        model=str(fine_tune(records_of(40, task="sts"), output=tmp_path / "two").output)
    ).model_info
    assert symmetric.prompts["query"] == symmetric.prompts["document"]
    assert symmetric.prompts["query"].startswith("Instruct: Retrieve semantically similar text")


def test_records_of_several_tasks_train_together(fine_tune):
    records = [{**record, "task": ("code", "qa")[number % 2]} for number, record in enumerate(records_of(40))]
    assert_loaders_agree(fine_tune(records, task="qa").output)


def test_the_same_seed_gives_the_same_model(fine_tune, tmp_path):
    first, second = (fine_tune(output=tmp_path / name) for name in ("first", "second"))
    records = [Qwen3Encoder(model=str(report.output)).encode_document(TEXTS) for report in (first, second)]
    np.testing.assert_array_equal(records[0], records[1])


def test_a_tokenizer_that_appends_no_end_token_is_mended(fine_tune, own_checkpoint):
    tokenizer = json.loads((own_checkpoint / "tokenizer.json").read_text())
    (own_checkpoint / "tokenizer.json").write_text(json.dumps({**tokenizer, "post_processor": None}))
    assert_loaders_agree(fine_tune(model=own_checkpoint).output)


def test_tensorboards_files_are_kept(fine_tune):
    report = fine_tune()
    assert list(Path(report.output / "runs").glob("events.out.tfevents.*"))
