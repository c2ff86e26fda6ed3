"""The engines of the race, what pip installs for each, and why some peers don't run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Engine:
    """One way to embed texts.

    Attributes:
        key: As in runner.py.
        name: In the tables.
        requirement: What pip installs; "" where the running environment has all.
        most_rounds: A slow one may take part in fewer rounds.
    """

    key: str
    name: str
    requirement: str = ""
    most_rounds: int = 99


ENGINES = (
    Engine("ours_bfloat16", "this package, bfloat16"),
    Engine("st_bfloat16", "sentence-transformers, bfloat16"),
    Engine("st_openvino", "sentence-transformers, OpenVINO (bfloat16)", "optimum-intel[openvino]"),
    Engine("ours_int8", "this package, int8"),
    Engine("st_openvino_int8", "sentence-transformers, OpenVINO int8 weights", "optimum-intel[openvino]"),
    Engine("ours_float32", "this package, float32"),
    Engine("st_float32", "sentence-transformers, float32", most_rounds=1),
    Engine("langchain_huggingface", "langchain-huggingface, bfloat16", "langchain-huggingface", most_rounds=1),
    Engine(
        "llama_index_huggingface",
        "llama-index-embeddings-huggingface, bfloat16",
        "llama-index-embeddings-huggingface",
        most_rounds=1,
    ),
    Engine(
        "haystack_sentence_transformers",
        "sentence-transformers-haystack, bfloat16",
        "sentence-transformers-haystack",
        most_rounds=1,
    ),
    Engine("door_langchain", "this package through LangChain", most_rounds=1),
    Engine("door_llama_index", "this package through LlamaIndex", most_rounds=1),
    Engine("door_haystack", "this package through Haystack", most_rounds=1),
    Engine("door_chroma", "this package through Chroma", most_rounds=1),
)

NOT_RUN = {
    "fastembed, qwen3-embed (PyPI)": "run ONNX or GGUF weights of their own, which come from a hub",
    "sentence-transformers, ONNX": "its ONNX extra needs transformers 4, this checkpoint is read by transformers 5",
    "llama-cpp-python": "has no wheel for this Python; building it took more than 20 minutes here and was ended",
}
