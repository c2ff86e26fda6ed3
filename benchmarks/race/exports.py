"""Load sentence-transformers, fastembed, qwen3-embed and llama.cpp; exports are kept beside the checkpoint."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "engines"))

Embed = Callable[[list[str]], Any]
Pair = tuple[Embed, Embed]  # of documents, of queries
PROMPT = "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:"
BATCH = 32  # the best for peers that pad: they sort by length, and larger batches pad more
_LONGEST = 8192  # tokens that llama.cpp takes at once,
_SEQUENCES = 32  # of so many texts


def _sentence_transformers(folder: Path | str, **options: Any) -> Pair:
    from sentence_transformers import SentenceTransformer

    encoder = SentenceTransformer(str(folder), device="cpu", **options)
    return (
        lambda texts: encoder.encode_document(texts, batch_size=BATCH, normalize_embeddings=True),
        lambda texts: encoder.encode_query(texts, batch_size=BATCH, normalize_embeddings=True),
    )


def sentence_transformers(dtype: str) -> Callable[[str], Pair]:
    """Return sentence-transformers on torch."""
    return lambda model: _sentence_transformers(model, model_kwargs={"dtype": dtype})


def openvino(*, int8: bool) -> Callable[[str], Pair]:
    """Return sentence-transformers on OpenVINO; the exported model is kept beside the checkpoint."""

    def load(model: str) -> Pair:
        from sentence_transformers import SentenceTransformer

        exported = Path(f"{model}-openvino{'-int8' if int8 else ''}")
        if not (exported / "complete").exists():
            options = {"export": True, "load_in_8bit": int8}
            encoder = SentenceTransformer(model, backend="openvino", device="cpu", model_kwargs=options)
            encoder.save_pretrained(str(exported))
            (exported / "complete").touch()
        return _sentence_transformers(exported, backend="openvino")

    return load


def sentence_transformers_onnx(model: str) -> Pair:
    """Return sentence-transformers on ONNX Runtime."""
    options = {"provider": "CPUExecutionProvider", "subfolder": "onnx", "file_name": "model.onnx"}
    return _sentence_transformers(_onnx_export(model), backend="onnx", model_kwargs=options)


def _onnx_export(model: str) -> Path:
    """Return the folder of the ONNX export; only the first engine's environment can create it.

    The graph has no position_ids: optimum exports them, but none of the three peers passes them.
    """
    exported = Path(f"{model}-onnx")
    if (exported / "complete").exists():
        return exported
    from optimum.exporters.onnx import main_export
    from optimum.exporters.onnx.model_configs import Qwen3OnnxConfig
    from transformers import AutoConfig

    class WithoutPositions(Qwen3OnnxConfig):  # type: ignore[misc] - optimum ships no types
        @property
        def inputs(self) -> dict[str, dict[int, str]]:
            return {name: axes for name, axes in super().inputs.items() if name != "position_ids"}

    shutil.copytree(model, exported, ignore=shutil.ignore_patterns("complete", "*.safetensors"), dirs_exist_ok=True)
    inputs = WithoutPositions(AutoConfig.from_pretrained(model), task="feature-extraction")
    main_export(
        model,
        output=exported / "onnx",
        task="feature-extraction",
        library_name="transformers",
        custom_onnx_configs={"model": inputs},
    )
    (exported / "complete").touch()
    return exported


def fastembed(model: str) -> Pair:
    """Return fastembed with the ONNX export as a model of one's own."""
    from fastembed import TextEmbedding
    from fastembed.common.model_description import ModelSource, PoolingType

    TextEmbedding.add_custom_model(
        "race",
        pooling=PoolingType.LAST_TOKEN,
        normalization=True,
        sources=ModelSource(url="http://localhost"),  # never asked: the files are in specific_model_path
        dim=1024,
        model_file="onnx/model.onnx",
    )
    peer = TextEmbedding("race", specific_model_path=str(_onnx_export(model)), threads=os.cpu_count())
    return (
        lambda texts: list(peer.embed(texts, batch_size=BATCH)),
        lambda texts: list(peer.embed([PROMPT + text for text in texts], batch_size=BATCH)),
    )


def qwen3_embed(model: str) -> Pair:
    """Return PyPI's qwen3-embed with the ONNX export in place of the int8 weights that it downloads."""
    from qwen3_embed import TextEmbedding
    from qwen3_embed.text.qwen3_embedding import supported_qwen3_models

    known, folder = supported_qwen3_models[0], _onnx_export(model)
    if not (folder / known.model_file).exists():
        (folder / known.model_file).symlink_to("model.onnx")
    peer = TextEmbedding(known.model, specific_model_path=str(folder), threads=os.cpu_count())
    task = PROMPT.removeprefix("Instruct: ").partition("\n")[0]
    return (
        lambda texts: list(peer.embed(texts, batch_size=BATCH)),
        lambda texts: list(peer.query_embed(texts, task=task, batch_size=BATCH)),
    )


def llama_cpp(weights: str) -> Callable[[str], Pair]:
    """Return llama.cpp's server in this process, with all threads, large batches and its own choice of attention."""

    def load(model: str) -> Pair:
        import llama_cpp as engine
        import ml_dtypes  # noqa: F401 - tells numpy what bfloat16 is

        gguf = Path(f"{model}-{weights}.gguf")
        if not gguf.exists():
            part = gguf.with_suffix(".part")
            engine.convert(Path(model), part, appends_end_token=True, weights=weights)
            part.rename(gguf)
        params = engine.parameters(gguf, n_tokens=_LONGEST, n_threads=os.cpu_count() or 1)
        params.n_parallel, params.kv_unified = _SEQUENCES, True
        server = engine.xllamacpp.Server(params)

        def embed(texts: list[str]) -> list[list[float]]:
            answer = server.handle_embeddings({"model": "race", "input": texts})
            return [one["embedding"] for one in answer["data"]]

        return embed, lambda texts: embed([PROMPT + text for text in texts])

    return load
