"""The LlamaIndex integration: its options, stored forms and events."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from llama_index.core import Settings
from llama_index.core.callbacks import CallbackManager, CBEventType, LlamaDebugHandler
from llama_index.core.ingestion.pipeline import get_transformation_hash
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.instrumentation.events.embedding import EmbeddingEndEvent, EmbeddingStartEvent
from llama_index.core.instrumentation.span_handlers import SimpleSpanHandler
from llama_index.core.schema import TextNode
from llama_index.core.storage.kvstore import SimpleKVStore
from pydantic import PrivateAttr

from qwen3_embed_integrations import ConfigError, EncoderConfig
from qwen3_embed_integrations.llama_index import Qwen3Embedding

TEXTS = ["A heap is a tree.", "Lists have a method sort.", ""]
OPTIONS: dict[str, Any] = {
    "revision": "main",
    "cache_folder": "models",
    "local_files_only": True,
    "device": "cpu",
    "dtype": "float32",
    "pooling": "mean",
    "max_batch_tokens": 512,
    "dimension": 32,
    "document_task": "sts",
    "task": "code",
    "max_length": 100,
    "on_overflow": "error",
    "show_progress": True,
}


@pytest.fixture
def embedding(checkpoint: Path) -> Qwen3Embedding:
    return Qwen3Embedding(model=str(checkpoint))


class Recorder(BaseEventHandler):
    """Keeps every event."""

    _seen: list[Any] = PrivateAttr(default_factory=list)

    def handle(self, event: Any, **_: Any) -> None:
        self._seen.append(event)


@pytest.fixture
def events() -> Iterator[list[Any]]:
    root, recorder = get_dispatcher(), Recorder()
    root.add_event_handler(recorder)
    yield recorder._seen
    root.event_handlers.remove(recorder)


def test_every_option_is_a_field_that_the_ingestion_hash_follows(embedding: Qwen3Embedding) -> None:
    assert EncoderConfig.model_fields.keys() <= Qwen3Embedding.model_fields.keys()
    stored = {name for name, field in EncoderConfig.model_fields.items() if not field.exclude}
    assert stored <= embedding.to_dict().keys()
    nodes = [TextNode(text="x", id_="1")]
    hashes = {get_transformation_hash(nodes, embedding.replace(**{k: v})) for k, v in OPTIONS.items()}
    hashes |= {get_transformation_hash(nodes, embedding), get_transformation_hash(nodes, Qwen3Embedding())}
    assert len(hashes) == len(OPTIONS) + 2


def test_model_and_model_name_are_one_option(checkpoint: Path) -> None:
    by_name = Qwen3Embedding(model_name=str(checkpoint))
    assert by_name == Qwen3Embedding(model=str(checkpoint), callback_manager=by_name.callback_manager)
    assert Qwen3Embedding(model_name="0.6B").model == Qwen3Embedding().model_name == "Qwen/Qwen3-Embedding-0.6B"
    assert by_name.replace(model="4B").model_name == "Qwen/Qwen3-Embedding-4B"
    with pytest.raises(ConfigError, match="one option"):
        Qwen3Embedding(model="4B", model_name="0.6B")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"timeout": 64}, "called 'timeout_s'"),
        ({"modelx": "tiny"}, "Did you mean 'model'"),
        ({"dimension": 3}, "dimension=3"),
        ({"task": "cod"}, "Did you mean 'code'"),
    ],
)
def test_unfit_options_are_refused_with_what_to_do(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Qwen3Embedding(**options)


def test_options_are_fixed_and_framework_settings_are_not(embedding: Qwen3Embedding) -> None:
    for name in ("dimension", "model_name"):
        with pytest.raises(ConfigError, match=rf"replace\({name}="):
            setattr(embedding, name, "x")
    manager = CallbackManager([])
    embedding.callback_manager = manager
    embedding.embed_batch_size = 64
    assert embedding.callback_manager is manager


def test_settings_takes_it_and_gives_it_its_callbacks(
    embedding: Qwen3Embedding, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Settings, "_embed_model", None)
    Settings.embed_model = embedding
    assert Settings.embed_model is embedding
    assert embedding.callback_manager is Settings.callback_manager


def test_stored_forms_give_back_every_option_and_no_secret(checkpoint: Path) -> None:
    options = {**OPTIONS, "model": str(checkpoint), "embed_batch_size": 7, "num_workers": 3}
    embedding = Qwen3Embedding(**options, token="hf_secret", embeddings_cache=SimpleKVStore())
    assert embedding.to_dict()["class_name"] == "Qwen3Embedding"
    assert "hf_secret" not in embedding.to_json() + repr(embedding) + str(embedding.to_dict())
    copies = [
        Qwen3Embedding.from_dict(embedding.to_dict()),
        Qwen3Embedding.from_json(embedding.to_json()),
        pickle.loads(pickle.dumps(embedding)),  # noqa: S301 - our own bytes
    ]
    for given_back in copies:
        assert given_back.to_dict() == embedding.to_dict()
        assert {name: getattr(given_back, name) for name in options} == options
        assert given_back.token is None
        assert given_back.embeddings_cache is None


def test_the_options_alone_are_the_encoders(embedding: Qwen3Embedding, checkpoint: Path) -> None:
    options = embedding.replace(dimension=32, embed_batch_size=7).to_options()
    assert options == {"model": str(checkpoint), "dimension": 32}
    assert Qwen3Embedding.from_options(options).encoder is embedding.replace(dimension=32).encoder


def test_a_pickle_holds_options_and_no_weights(embedding: Qwen3Embedding) -> None:
    embedding.get_query_embedding("loaded")
    assert len(pickle.dumps(embedding)) < 2000


def test_copies_share_the_encoder_the_cache_and_the_callbacks(embedding: Qwen3Embedding) -> None:
    original = embedding.replace(embeddings_cache=SimpleKVStore())
    for twin in (copy.copy(original), copy.deepcopy(original), original.model_copy(deep=True)):
        assert twin == original
        assert hash(twin) == hash(original)
        assert twin.encoder is original.encoder
        assert twin.embeddings_cache is original.embeddings_cache
        assert twin.callback_manager is original.callback_manager


def test_events_name_the_model_and_hold_no_secret(checkpoint: Path, events: list[Any]) -> None:
    debug = LlamaDebugHandler(print_trace_on_end=False)
    embedding = Qwen3Embedding(
        model=str(checkpoint),
        token="hf_secret",
        task="code",
        callback_manager=CallbackManager([debug]),
    )
    embedding.get_text_embedding_batch(TEXTS * 9)
    start, end = events
    assert isinstance(start, EmbeddingStartEvent)
    assert isinstance(end, EmbeddingEndEvent)
    assert start.model_dict["model_name"] == str(checkpoint)
    assert start.model_dict["task"] == "code"
    assert end.chunks == TEXTS * 9
    pair = debug.get_event_pairs(CBEventType.EMBEDDING)
    assert len(pair) == 1
    assert "hf_secret" not in repr(events) + repr([event.payload for event in pair[0]])


async def test_each_call_is_one_span(embedding: Qwen3Embedding) -> None:
    handler = SimpleSpanHandler()
    get_dispatcher().add_span_handler(handler)
    try:
        embedding.get_query_embedding("heap")
        await embedding.aget_text_embedding_batch(TEXTS)
    finally:
        get_dispatcher().span_handlers.remove(handler)
    names = [span.id_.rsplit("-", 5)[0] for span in handler.completed_spans]
    assert [name for name in names if not name.split(".")[1].startswith("_")] == [
        "Qwen3Embedding.get_query_embedding",
        "Qwen3Embedding.aget_text_embedding_batch",
    ]
