import json
import shutil

import pytest

from checkpoints import write_json
from other_models import LANGUAGE_MODELS, RERANKERS, edit, language_model, token_classifier
from qwen3_embed_integrations import CheckpointError, EncoderConfig
from qwen3_embed_integrations.checkpoints.checkpoint import open_checkpoint
from qwen3_embed_integrations.checkpoints.classification import ModelKind
from qwen3_embed_integrations.core.errors import CheckpointWarning


class Seen:
    """A requirement that accepts everything and keeps what it was asked."""

    def __call__(self, found, config):
        self.found, self.config = found, config


def classified(folder, **options):
    seen = Seen()
    open_checkpoint(EncoderConfig(model=str(folder), **options), require=seen)
    return seen.found


@pytest.mark.parametrize("form", RERANKERS)
def test_a_reranker_is_told_by_its_files_and_rejected_by_an_embedder(tmp_path, form):
    folder = RERANKERS[form](tmp_path / "model")
    with pytest.raises(CheckpointError, match=r"reranker.*Qwen3-Embedding-0\.6B"):
        open_checkpoint(EncoderConfig(model=str(folder)))


@pytest.mark.parametrize(
    ("form", "kind"),
    [("sentence-transformers", ModelKind.CAUSAL_RERANKER), ("score.weight", ModelKind.SEQUENCE_CLASSIFIER)],
)
def test_a_caller_that_wants_a_reranker_gets_it_with_its_kind(tmp_path, form, kind):
    folder = RERANKERS[form](tmp_path / "model")
    checkpoint = open_checkpoint(EncoderConfig(model=str(folder)), require=Seen())
    assert checkpoint.kind is kind
    assert checkpoint.model_info.hidden_size == 64


@pytest.mark.parametrize("form", LANGUAGE_MODELS)
def test_a_language_model_is_loaded_with_a_warning_that_names_it(tmp_path, form):
    folder = LANGUAGE_MODELS[form](tmp_path / "model")
    with pytest.warns(CheckpointWarning, match=r"language model, not trained as an embedding model.*modules\.json"):
        checkpoint = open_checkpoint(EncoderConfig(model=str(folder)))
    assert checkpoint.kind is ModelKind.LANGUAGE_MODEL


def test_a_model_of_another_head_is_rejected(tmp_path):
    with pytest.raises(CheckpointError, match="no single-vector embedding model"):
        open_checkpoint(EncoderConfig(model=str(token_classifier(tmp_path / "model"))))


@pytest.mark.parametrize("model_type", ["SparseEncoder", "MultiVectorEncoder"])
def test_encoders_of_other_vectors_are_rejected(own_checkpoint, model_type):
    edit(own_checkpoint / "config_sentence_transformers.json", model_type=model_type)
    with pytest.raises(CheckpointError, match=model_type):
        open_checkpoint(EncoderConfig(model=str(own_checkpoint)))


@pytest.mark.parametrize(
    "changed",
    [
        lambda folder: edit(folder / "config.json"),
        lambda folder: edit(folder / "config.json", architectures=["Qwen3ForCausalLM"]),  # as in the published models
        lambda folder: edit(folder / "config_sentence_transformers.json", model_type="SentenceTransformer"),
        lambda folder: (folder / "modules.json").unlink(),
        lambda folder: (folder / "README.md").write_text("# Model\n\nUse it with Qwen3-Reranker-0.6B.\n"),
        lambda folder: edit(folder / "tokenizer_config.json", chat_template="{{ messages[0].role }}"),
    ],
)
def test_an_embedding_model_is_taken_without_a_word(own_checkpoint, changed):
    changed(own_checkpoint)
    assert classified(own_checkpoint).kind is ModelKind.EMBEDDER
    open_checkpoint(EncoderConfig(model=str(own_checkpoint)))  # warnings are errors here


@pytest.mark.parametrize("tag", ["feature-extraction", "sentence-similarity"])
def test_a_readme_tells_an_embedding_model_without_modules(tmp_path, tag):
    folder = language_model(tmp_path / "model")
    (folder / "README.md").write_text(f"---\npipeline_tag: {tag}\n---\n")
    assert classified(folder).kind is ModelKind.EMBEDDER


@pytest.mark.parametrize(
    ("task", "kind"),
    [
        ("SEQ_CLS", ModelKind.SEQUENCE_CLASSIFIER),
        ("TOKEN_CLS", ModelKind.OTHER),
        ("FEATURE_EXTRACTION", ModelKind.EMBEDDER),
        (None, ModelKind.EMBEDDER),
        ("CAUSAL_LM", ModelKind.LANGUAGE_MODEL),
    ],
)
def test_an_adapter_s_task_tells_what_it_makes_of_a_language_model(tmp_path, task, kind):
    base = language_model(tmp_path / "base")
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    shutil.copy(base / "model.safetensors", adapter / "adapter_model.safetensors")
    write_json(adapter / "adapter_config.json", {"base_model_name_or_path": str(base), "task_type": task})
    assert classified(adapter).kind is kind


def test_an_adapter_that_makes_a_reranker_says_so_in_its_readme(tmp_path, checkpoint):
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    shutil.copy(checkpoint / "model.safetensors", adapter / "adapter_model.safetensors")
    write_json(adapter / "adapter_config.json", {"base_model_name_or_path": str(checkpoint)})
    assert classified(adapter).kind is ModelKind.EMBEDDER
    base = language_model(tmp_path / "base")
    write_json(adapter / "adapter_config.json", {"base_model_name_or_path": str(base)})
    (adapter / "README.md").write_text("---\npipeline_tag: text-ranking\n---\n")
    assert classified(adapter).kind is ModelKind.CAUSAL_RERANKER


def test_damaged_descriptions_are_passed_over(tmp_path):
    folder = language_model(tmp_path / "model")
    (folder / "README.md").write_bytes(b"\xff\xfe# Reranker")
    (folder / "chat_template.jinja").mkdir()
    (folder / "chat_template.json").write_text("{")
    assert classified(folder).kind is ModelKind.LANGUAGE_MODEL


def test_architectures_of_any_type_are_read(own_checkpoint):
    edit(own_checkpoint / "config.json", architectures=[5, None])
    assert classified(own_checkpoint).kind is ModelKind.OTHER
    assert json.loads((own_checkpoint / "config.json").read_text())["architectures"] == [5, None]
