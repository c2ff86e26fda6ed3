import pytest
import torch
from safetensors.torch import load_file, save_file

from checkpoints import write_json
from other_models import add_tensors, edit
from qwen3_embed_integrations import CheckpointError, EncoderConfig
from qwen3_embed_integrations.checkpoints.checkpoint import open_checkpoint

PROJECTION = "layers.0.self_attn.q_proj"


def convert(folder, dtype):
    path = folder / "model.safetensors"
    weights = load_file(path)
    weights[f"{PROJECTION}.weight"] = weights[f"{PROJECTION}.weight"].to(dtype)
    save_file(weights, path, metadata={"format": "pt"})


def config(**settings):
    return lambda folder: edit(folder / "config.json", **settings)


def file(name):
    return lambda folder: write_json(folder / name, {"bits": 4})


def tensors(ending, dtype=torch.float32):
    return lambda folder: add_tensors(folder, {f"{PROJECTION}{ending}": torch.ones(4, dtype=dtype)})


FORMS = {
    "gptq": config(quantization_config={"quant_method": "gptq", "bits": 4}),
    "awq": config(quantization_config={"quant_method": "awq", "bits": 4}),
    "compressed-tensors": config(quantization_config={"quant_method": "compressed-tensors"}),
    "compressed-tensors ": config(compression_config={"quant_method": "compressed-tensors"}),
    "fp8": config(quantization_config={"quant_method": "fp8", "weight_block_size": [128, 128]}),
    "bitsandbytes": config(quantization_config={"quant_method": "bitsandbytes", "load_in_4bit": True}),
    "bitsandbytes ": config(quantization_config={"load_in_8bit": True}),
    "torchao": config(quantization_config={"quant_method": "torchao"}),
    "mlx": config(quantization={"group_size": 64, "bits": 4}),
    "an unnamed method": config(quantization_config={"bits": 4}),
    "gptq ": file("quantize_config.json"),
    "awq ": file("quant_config.json"),
    "modelopt": file("hf_quant_config.json"),
    "gptq or awq": tensors(".qweight", torch.int32),
    "gptq or awq ": tensors(".g_idx", torch.int32),
    "compressed-tensors  ": tensors(".weight_packed", torch.int32),
    "bitsandbytes  ": tensors(".weight.absmax"),
    "bitsandbytes   ": tensors(".weight.quant_state.bitsandbytes__nf4", torch.uint8),
    "fp8 or int8": tensors(".weight_scale"),
    "fp8 or int8 ": tensors(".weight_scale_inv"),
    "fp8 or int8  ": tensors(".scales"),
    "F8_E4M3": lambda folder: convert(folder, torch.float8_e4m3fn),
    "I8": lambda folder: convert(folder, torch.int8),
    "U8": lambda folder: convert(folder, torch.uint8),
}


@pytest.mark.parametrize("form", FORMS)
def test_quantised_weights_are_rejected_with_their_method_and_what_runs_instead(own_checkpoint, form):
    FORMS[form](own_checkpoint)
    with pytest.raises(CheckpointError, match=f"quantised weights.*{form.strip()}.*original checkpoint.*remote"):
        open_checkpoint(EncoderConfig(model=str(own_checkpoint)))


@pytest.mark.parametrize("form", ["gptq", "fp8 or int8", "F8_E4M3"])
def test_a_server_may_run_them(own_checkpoint, form):
    FORMS[form](own_checkpoint)
    options = {"backend": "remote", "base_url": "http://127.0.0.1:9/v1"}
    assert open_checkpoint(EncoderConfig(model=str(own_checkpoint), **options)).model_info.hidden_size == 64


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
def test_plain_numbers_of_any_width_are_taken(own_checkpoint, dtype):
    convert(own_checkpoint, dtype)
    edit(own_checkpoint / "config.json", quantization_config=None)
    assert open_checkpoint(EncoderConfig(model=str(own_checkpoint))).model_info.hidden_size == 64
