"""What all handles share."""

from __future__ import annotations

import uuid

import pytest

from qwen3_embed_integrations import ConfigError
from qwen3_embed_integrations.stores.handle import as_uuids, n_fetched, short_dimension, text_of


def test_an_id_maps_to_the_same_uuid_in_every_process_and_a_uuid_to_itself() -> None:
    own = str(uuid.uuid4())
    first, second = as_uuids(["doc#1", own])
    assert (first, second) == ("4f42e0e9-6295-50b5-a66a-9127a4f2331a", own)
    assert as_uuids(["urn:uuid:" + own]) != [own]


def test_a_first_stage_fetches_widen_times_k() -> None:
    assert (n_fetched(10, 10), n_fetched(10_000, 10), n_fetched(20_000, 1)) == (100, 16_384, 20_000)


@pytest.mark.parametrize(("k", "widen", "said"), [(0, 1, "k=0"), (True, 1, "k=True"), (1, 2.5, r"widen=2\.5")])
def test_odd_counts_are_refused(k: int, widen: int, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        n_fetched(k, widen)


@pytest.mark.parametrize("first", [0, 64, True, "binary", 2.5])
def test_a_first_stage_is_a_number_below_the_dimension(first: object) -> None:
    with pytest.raises(ConfigError, match="has no first stage"):
        short_dimension(first, 64, "It")  # type: ignore[arg-type]
    assert short_dimension(16, 64, "It") == 16


def test_a_text_is_found_in_llama_indexs_form_too() -> None:
    assert text_of({"text": "a"}, "text") == "a"
    assert text_of({"_node_content": '{"text": "a"}'}, "text") == "a"
    assert text_of({}, "text") is None
