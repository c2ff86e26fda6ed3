"""Repeated ids end a run before anything is computed."""

import pytest

from qwen3_embed_integrations import DataFileError
from qwen3_embed_integrations.bulk import run_bulk


def test_repeated_ids_are_named_with_their_places(config, options, jsonl, calls):
    with jsonl.open("a") as file:
        file.write('{"id": "d3", "text": "again"}\n')
    with pytest.raises(DataFileError, match=r"Repeated ids \(1\): 'd3' in in.jsonl:3 and in.jsonl:300"):
        run_bulk([str(jsonl)], config, options())
    assert calls == []
    assert not options().output.exists()
