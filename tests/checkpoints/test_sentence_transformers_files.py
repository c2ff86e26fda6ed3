"""sentence-transformers' files are understood in every spelling, and what can't be run is refused by name."""

import pytest

from checkpoints import write_json
from qwen3_embed_integrations import CheckpointError
from qwen3_embed_integrations.checkpoints.sentence_transformers_files import (
    Module,
    read_max_seq_length,
    read_model_settings,
    read_modules,
    read_pooling,
    read_prompts,
    transformer_folder,
)


def modules_of(folder, *kinds):
    write_json(folder / "modules.json", [{"path": kind, "type": f"some.package.{kind}"} for kind in kinds])
    return read_modules(folder)


def test_a_folder_without_the_files_stores_nothing(tmp_path):
    assert read_modules(tmp_path) == ()
    assert read_pooling(tmp_path, ()) is None
    assert transformer_folder(tmp_path, ()) == tmp_path
    assert (read_model_settings(tmp_path), read_prompts(tmp_path)) == ({}, {})
    assert read_max_seq_length(tmp_path) is None


def test_modules_are_read_in_order_with_their_folders(tmp_path):
    modules = modules_of(tmp_path, "Transformer", "Normalize")
    assert modules == (
        Module("Transformer", tmp_path / "Transformer"),
        Module("Normalize", tmp_path / "Normalize"),
    )
    assert transformer_folder(tmp_path, modules) == tmp_path / "Transformer"


@pytest.mark.parametrize("path", ["..", "/", "a/../../b"])
def test_a_module_outside_the_folder_is_refused(tmp_path, path):
    write_json(tmp_path / "modules.json", [{"path": path, "type": "some.Transformer"}])
    with pytest.raises(CheckpointError, match="points outside the model folder"):
        read_modules(tmp_path)


@pytest.mark.parametrize("stored", [{}, ["Transformer"], "text"])
def test_modules_that_are_no_list_of_modules_are_refused(tmp_path, stored):
    write_json(tmp_path / "modules.json", stored)
    with pytest.raises(CheckpointError, match="holds no list of modules"):
        read_modules(tmp_path)


@pytest.mark.parametrize(
    ("stored", "pooling"),
    [
        ({"pooling_mode": "mean"}, "mean"),
        ({"pooling_mode": ["cls"]}, "cls"),
        ({"pooling_mode_lasttoken": True, "pooling_mode_mean_tokens": False}, "lasttoken"),
        ({"pooling_mode_max_tokens": True}, "max"),
        ({"pooling_mode": "lasttoken", "include_prompt": False}, "lasttoken"),
    ],
)
def test_pooling_is_read_in_every_spelling(tmp_path, stored, pooling):
    modules = modules_of(tmp_path, "Transformer", "Pooling")
    write_json(tmp_path / "Pooling" / "config.json", stored)
    assert read_pooling(tmp_path, modules) == pooling


@pytest.mark.parametrize(
    ("stored", "part"),
    [
        ({}, r"pooling \[\]"),
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True}, "mean.*cls"),
        ({"pooling_mode_weightedmean_tokens": True}, "weightedmean"),
        ({"pooling_mode": "mean", "include_prompt": False}, "without the prompt's tokens"),
    ],
)
def test_pooling_that_cant_be_run_is_refused(tmp_path, stored, part):
    modules = modules_of(tmp_path, "Transformer", "Pooling")
    write_json(tmp_path / "Pooling" / "config.json", stored)
    with pytest.raises(CheckpointError, match=part):
        read_pooling(tmp_path, modules)


def test_a_module_that_cant_be_run_is_refused_by_name(tmp_path):
    with pytest.raises(CheckpointError, match="module 'Dense'"):
        read_pooling(tmp_path, modules_of(tmp_path, "Transformer", "Dense"))


@pytest.mark.parametrize(
    ("stored", "prompts"),
    [
        ({"prompts": {"query": "q: ", "corpus": "c: ", "passage": "p: "}}, {"query": "q: ", "document": "p: "}),
        ({"prompts": {"query": "q: "}}, {"query": "q: "}),
        ({"prompts": {"all": "a: "}, "default_prompt_name": "all"}, {"query": "a: ", "document": "a: "}),
        ({"prompts": {"query": 3, "document": ""}}, {"document": ""}),
        ({"prompts": None}, {}),
    ],
)
def test_prompts_are_found_under_sentence_transformers_names(tmp_path, stored, prompts):
    write_json(tmp_path / "config_sentence_transformers.json", stored)
    assert read_prompts(tmp_path) == prompts


def test_prompts_without_names_are_refused(tmp_path):
    write_json(tmp_path / "config_sentence_transformers.json", {"prompts": ["q: "]})
    with pytest.raises(CheckpointError, match="no prompts by name"):
        read_prompts(tmp_path)


def test_the_first_folder_that_stores_a_length_counts(tmp_path):
    for name, stored in (("a", {}), ("b", {"max_seq_length": 77}), ("c", {"max_seq_length": 99})):
        write_json(tmp_path / name / "sentence_bert_config.json", stored)
    assert read_max_seq_length(tmp_path / "a", tmp_path / "b", tmp_path / "c") == 77
    write_json(tmp_path / "a" / "sentence_bert_config.json", {"max_seq_length": 1})
    with pytest.raises(CheckpointError, match="max_seq_length=1: damaged"):
        read_max_seq_length(tmp_path / "a", tmp_path / "b")
