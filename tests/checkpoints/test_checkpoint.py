import json
import shutil

import pytest
import torch

from checkpoints import WEB_PROMPT, write_json
from qwen3_embed_integrations import CheckpointError, EncoderConfig, ModelNotFoundError, Qwen3Encoder
from qwen3_embed_integrations.checkpoints.checkpoint import open_checkpoint
from qwen3_embed_integrations.checkpoints.safetensors_index import weights_digest


def edit(path, **changes):
    write_json(path, {**json.loads(path.read_text()), **changes})


def model_info_of(folder, **options):
    return open_checkpoint(EncoderConfig(model=str(folder), **options)).model_info


def test_a_sentence_transformers_folder_says_what_it_is(checkpoint):
    model_info = model_info_of(checkpoint)
    assert (model_info.hidden_size, model_info.context_length, model_info.pooling) == (64, 8192, "lasttoken")
    assert model_info.prompts == {"query": WEB_PROMPT, "document": ""}
    assert len(model_info.weights) == 32


def test_a_plain_transformers_folder_gets_the_family_s_pooling_and_prompts(own_checkpoint):
    (own_checkpoint / "modules.json").unlink()
    (own_checkpoint / "config_sentence_transformers.json").unlink()
    model_info = model_info_of(own_checkpoint)
    assert model_info.pooling == "lasttoken"
    assert model_info.query_prompt(None) == WEB_PROMPT
    assert model_info.document_prompt(EncoderConfig()) == ""


@pytest.mark.parametrize("pooling", ["mean", "cls", "max"])
def test_stored_pooling_is_respected_in_both_spellings_and_overruled_on_request(make_checkpoint, pooling):
    folder = make_checkpoint(pooling=pooling)
    assert model_info_of(folder).pooling == pooling
    assert model_info_of(folder, pooling="lasttoken").pooling == "lasttoken"
    write_json(folder / "1_Pooling" / "config.json", {"embedding_dimension": 64, "pooling_mode": pooling})
    assert model_info_of(folder).pooling == pooling


def test_stored_prompts_are_respected_and_a_task_overrules_them(own_checkpoint):
    prompts = {"query": "search: ", "passage": "text: "}
    edit(own_checkpoint / "config_sentence_transformers.json", prompts=prompts)
    model_info = model_info_of(own_checkpoint)
    assert model_info.query_prompt(None) == "search: "
    assert model_info.query_prompt("web") == WEB_PROMPT
    assert model_info.document_prompt(EncoderConfig()) == "text: "
    assert model_info.document_prompt(EncoderConfig(document_task="")) == ""


def test_a_stored_length_lowers_the_default_and_not_a_wish(own_checkpoint):
    edit(own_checkpoint / "sentence_bert_config.json", max_seq_length=100)
    model_info = model_info_of(own_checkpoint)
    assert model_info.max_length(EncoderConfig()) == 100
    assert model_info.max_length(EncoderConfig(max_length=300)) == 300
    with pytest.raises(ValueError, match="8192"):
        model_info.max_length(EncoderConfig(max_length=9000))


def test_the_digest_follows_the_weights_and_not_the_path(checkpoint, own_checkpoint, make_checkpoint):
    assert weights_digest(own_checkpoint) == weights_digest(checkpoint)
    assert weights_digest(make_checkpoint(seed=1)) != weights_digest(checkpoint)


def test_a_module_that_can_not_be_run_is_refused(own_checkpoint):
    modules = json.loads((own_checkpoint / "modules.json").read_text())
    write_json(
        own_checkpoint / "modules.json",
        [*modules, {"type": "sentence_transformers.models.Dense", "path": "3"}],
    )
    with pytest.raises(CheckpointError, match="Dense"):
        model_info_of(own_checkpoint)


@pytest.mark.parametrize("path", ["../elsewhere", "/etc"])
def test_a_module_outside_the_folder_is_refused(own_checkpoint, path):
    modules = json.loads((own_checkpoint / "modules.json").read_text())
    modules[1]["path"] = path
    write_json(own_checkpoint / "modules.json", modules)
    with pytest.raises(CheckpointError, match="outside"):
        model_info_of(own_checkpoint)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("config.json", '{"model_type": "bert", "hidden_size": 8}', "type 'bert'"),
        ("config.json", '{"model_type": "qwen3", "hidden_size": 8, "use_sliding_window": true}', "sliding"),
        ("config.json", '{"model_type": "qwen3"}', "hidden_size"),
        ("config.json", "{", "can't be read"),
        ("config.json", "[]", "holds a list"),
        ("config.json", None, "has no config.json"),
        ("1_Pooling/config.json", '{"pooling_mode": "weightedmean"}', "weightedmean"),
        ("1_Pooling/config.json", '{"pooling_mode": ["cls", "mean"]}', "cls"),
        ("1_Pooling/config.json", '{"pooling_mode": "mean", "include_prompt": false}', "prompt"),
        ("model.safetensors", "", "not a complete safetensors"),
        ("model.safetensors", "x" * 100, "not a complete safetensors"),
        ("model.safetensors", None, r"no \*\.safetensors"),
        ("adapter_config.json", "{}", "base_model_name_or_path"),
    ],
)
def test_a_damaged_folder_is_refused_with_a_reason(own_checkpoint, file, content, message):
    path = own_checkpoint / file
    if content is None:
        path.unlink()
    else:
        path.write_text(content)
    with pytest.raises(CheckpointError, match=message):
        model_info_of(own_checkpoint)


def test_weights_that_are_cut_short_are_refused(own_checkpoint):
    path = own_checkpoint / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match="is truncated"):
        model_info_of(own_checkpoint)


def test_pickled_weights_are_refused_unopened(own_checkpoint):
    (own_checkpoint / "model.safetensors").unlink()
    torch.save({}, own_checkpoint / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match="pickled"):
        model_info_of(own_checkpoint)


def test_weights_of_another_shape_are_refused_and_not_made_up(own_checkpoint):
    edit(own_checkpoint / "config.json", num_hidden_layers=5, layer_types=["full_attention"] * 5)
    with pytest.raises(CheckpointError, match=r"lack layers\.3\."):
        Qwen3Encoder(model=str(own_checkpoint)).load()


def test_a_folder_without_a_tokenizer_is_refused(own_checkpoint):
    (own_checkpoint / "tokenizer.json").unlink()
    (own_checkpoint / "tokenizer_config.json").unlink()
    with pytest.raises(CheckpointError, match="tokenizer"):
        Qwen3Encoder(model=str(own_checkpoint)).load()


def test_code_in_a_checkpoint_is_never_run(own_checkpoint, tmp_path):
    (own_checkpoint / "modeling_evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    edit(
        own_checkpoint / "config.json",
        auto_map={"AutoModel": "modeling_evil.Model", "AutoConfig": "modeling_evil.C"},
    )
    Qwen3Encoder(model=str(own_checkpoint)).encode_query(["hi"])
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", ["./no/such/folder", "/no/such", "0.5B", "tinny", "a/b/c", ""])
def test_a_model_that_is_nowhere_is_an_error_with_a_remedy(name):
    with pytest.raises(ValueError if not name else ModelNotFoundError, match=r"tiny|Use|model"):
        open_checkpoint(EncoderConfig(model=name))


def test_a_file_is_no_model_folder(checkpoint):
    with pytest.raises(ModelNotFoundError, match="is a file"):
        open_checkpoint(EncoderConfig(model=str(checkpoint / "config.json")))


def test_an_unreachable_hub_names_the_ways_out(tmp_path):
    config = EncoderConfig(model="someone/some-model", cache_folder=str(tmp_path), local_files_only=True)
    with pytest.raises(ConnectionError, match=r'model="tiny".*folder'):
        open_checkpoint(config)


def test_weights_in_several_files_have_the_digest_of_one_file(checkpoint, tmp_path):
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "sharded"
    shutil.copytree(checkpoint, folder)
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    names = sorted(weights)
    save_file({n: weights[n] for n in names[:5]}, folder / "model-00001-of-00002.safetensors")
    save_file({n: weights[n] for n in names[5:]}, folder / "model-00002-of-00002.safetensors")
    assert weights_digest(folder) == weights_digest(checkpoint)
