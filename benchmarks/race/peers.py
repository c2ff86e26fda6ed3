"""The engines of the race, the packages of each, and the peers that don't run."""

from __future__ import annotations

from dataclasses import dataclass

_ALL: tuple[str, ...] = ()
_SHORT = ("D", "M", "Q", "S")
_SLOW = ("D", "M", "Q", "S", "L2")
_ONNX = "sentence-transformers[onnx] datasets<5"  # 5 wants a newer hub client than this and the next one do
_OPENVINO = "optimum-intel[openvino] datasets<5"
_BUILT_FOR_CUDA = "torchvision"  # comes with OpenVINO's extra; transformers fails to import it beside torch for the CPU
_GGUF = "xllamacpp gguf ml_dtypes"


@dataclass(frozen=True)
class Engine:
    """One way to embed texts.

    Attributes:
        key: As in loaders.py.
        name: In the tables.
        requirement: Packages that pip installs; "" if the running environment has all.
        unwanted: A package that pip must uninstall again.
        most_rounds: Rounds that a slow engine takes part in.
        workloads: The workloads that it runs; (): all.
    """

    key: str
    name: str
    requirement: str = ""
    unwanted: str = ""
    most_rounds: int = 99
    workloads: tuple[str, ...] = _ALL


ENGINES = (
    Engine("ours_bfloat16", "this package, bfloat16"),
    Engine("st_bfloat16", "sentence-transformers, bfloat16"),
    Engine("st_openvino", "sentence-transformers, OpenVINO (bfloat16)", _OPENVINO, unwanted=_BUILT_FOR_CUDA),
    Engine("ours_int8", "this package, int8"),
    Engine("st_openvino_int8", "sentence-transformers, OpenVINO int8 weights", _OPENVINO, unwanted=_BUILT_FOR_CUDA),
    Engine("ours_float32", "this package, float32", most_rounds=1, workloads=_SLOW),
    Engine("ours_onnx", "this package, ONNX Runtime, float32", most_rounds=1, workloads=_SLOW),
    Engine("ours_onnx_int8", "this package, ONNX Runtime, int8", most_rounds=1),
    Engine("ours_onnx_int4", "this package, ONNX Runtime, int4", most_rounds=1, workloads=_SLOW),
    Engine("ours_openvino", "this package, OpenVINO, float32", "openvino onnx", most_rounds=1, workloads=_SLOW),
    Engine("ours_openvino_bfloat16", "this package, OpenVINO, bfloat16", "openvino onnx", most_rounds=1),
    Engine("st_float32", "sentence-transformers, float32", most_rounds=1, workloads=_SLOW),
    Engine("st_onnx", "sentence-transformers, ONNX Runtime, float32", _ONNX, most_rounds=1, workloads=_SHORT),
    Engine("fastembed", "fastembed, float32", "fastembed", most_rounds=1, workloads=_SHORT),
    Engine("qwen3_embed", "qwen3-embed (PyPI), float32", "qwen3-embed", most_rounds=1, workloads=_SHORT),
    Engine("llama_cpp_bf16", "llama.cpp, bfloat16", _GGUF, most_rounds=1, workloads=_SLOW),
    Engine("llama_cpp_q8_0", "llama.cpp, Q8_0", _GGUF, most_rounds=1, workloads=_SLOW),
    Engine(
        "langchain_huggingface",
        "langchain-huggingface, bfloat16",
        "langchain-huggingface",
        most_rounds=1,
        workloads=_SHORT,
    ),
    Engine(
        "llama_index_huggingface",
        "llama-index-embeddings-huggingface, bfloat16",
        "llama-index-embeddings-huggingface",
        most_rounds=1,
        workloads=_SHORT,
    ),
    Engine(
        "haystack_sentence_transformers",
        "sentence-transformers-haystack, bfloat16",
        "sentence-transformers-haystack",
        most_rounds=1,
        workloads=_SHORT,
    ),
)

NOT_RUN = {"llama-cpp-python": "has no wheel on PyPI; its engine, llama.cpp, runs here from the wheel of xllamacpp"}
