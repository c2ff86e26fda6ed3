import pytest

from qwen3_embed_integrations.core.catalog import MIN_DIMENSION, MODELS, canonical_model


@pytest.mark.parametrize(
    ("name", "repo_id"),
    [
        ("0.6B", "Qwen/Qwen3-Embedding-0.6B"),
        ("0.6b", "Qwen/Qwen3-Embedding-0.6B"),
        ("8B", "Qwen/Qwen3-Embedding-8B"),
        ("tiny", "tiny"),
        ("someone/model", "someone/model"),
        ("./4B", "./4B"),
    ],
)
def test_a_short_name_is_a_hub_name_and_any_other_name_stays(name, repo_id):
    assert canonical_model(name) == repo_id


def test_the_published_models_are_listed_under_their_own_names():
    # source: the README tables of QwenLM/Qwen3-Embedding
    assert {name: model.dimension for name, model in MODELS.items()} == {"0.6B": 1024, "4B": 2560, "8B": 4096}
    assert all(model.name == name for name, model in MODELS.items())
    assert all(model.dimension > MIN_DIMENSION for model in MODELS.values())


def test_the_catalog_can_not_be_changed_by_its_readers():
    with pytest.raises(TypeError):
        MODELS["0.6B"] = MODELS["4B"]
