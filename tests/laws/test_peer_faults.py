"""Every fault that `benchmarks/peer_faults.py` finds in a peer, looked for here, too: we don't have it.

What a peer does is measured there, and here for the peers that the tests need anyway (marked slow).
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ours
import pytest
from faults import FAULTS, PEERS
from probing import RESULT

SCRIPTS = Path(str(ours.__file__)).parent
NO_COUNTERPART = {("langchain_huggingface", "multi_process_prompt")}  # one shared model: there are no such processes


def is_one(value: float) -> bool:
    return abs(value - 1) < 1e-6


RIGHT: dict[str, Callable[[Any], bool]] = {
    "query_instruction": lambda cosine: cosine < 0.999,
    "newlines": lambda cosine: cosine > 1 - 1e-5,
    "truncated_norm": is_one,
    "dimension_range": lambda embeddings: embeddings == "ConfigError, ConfigError, ConfigError",
    "cache_role": lambda cosine: cosine > 1 - 1e-5,
    "model_cache": lambda embedding: embedding == "embedding length 32",
    "other_space": lambda opened: opened == "SpaceMismatchError",
    "default_distance": lambda space: space == "cosine",
    "big_add": lambda stored: stored == "5462 stored",
    "stored_form": lambda form: form in {"constructor", "comes back"},
    "none_among_texts": lambda said: "InputTypeError" in said and not re.match(r"[1-9]", said),
    "empty_list": lambda embeddings: embeddings == "[]",
    "slices": lambda calls: calls == 1,
    "aggregate_norm": is_one,
    "async_run": lambda said: said.startswith("run_async"),
    "half_precision_norm": lambda error: error < 1e-6,
    "prompt_text": lambda text: text == repr("\nQuery: sort "),
    "server_error": lambda said: said == "RemoteUnavailableError",
    "telemetry": lambda told: told == "nothing",
    "silent_truncation": lambda said: said == "1 warning",
}


@pytest.mark.parametrize(("peer", "fault"), sorted(ours.OURS))
def test_we_lack_the_fault(peer: str, fault: str, checkpoint: Path) -> None:
    seen = ours.OURS[peer, fault](checkpoint)
    assert RIGHT[fault](seen), f"{FAULTS[fault][0]}: {seen}"


def test_every_fault_that_is_looked_for_in_a_peer_is_looked_for_here() -> None:
    asked = {
        (peer.key, fault)
        for peer in PEERS
        for fault in re.findall(r"^@probe\ndef (\w+)", (SCRIPTS / f"{peer.key}_probe.py").read_text(), re.MULTILINE)
    }
    assert asked == ours.OURS.keys() | NO_COUNTERPART
    assert {fault for _, fault in asked} == FAULTS.keys()


def test_the_page_of_faults_has_the_words_of_the_probes() -> None:
    page = (Path(__file__).parents[2] / "docs" / "why.md").read_text(encoding="utf-8")
    table = page.partition("<!-- faults -->")[2].partition("<!-- /faults -->")[0]
    lines = [line.split(" | ") for line in table.splitlines() if line.startswith("| ")][2:]
    assert lines
    assert {line[0].removeprefix("| ") for line in lines} <= {peer.name for peer in PEERS}
    assert {line[1] for line in lines} <= {what for what, _ in FAULTS.values()}
    assert f"{len(lines)} faults of stock" in table
    assert f"[{len(lines)} such faults" in (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize(
    "peer",
    [
        "sentence_transformers",
        "chroma_sentence_transformer",
        "langchain_chroma",
        "llama_index_chroma",
        "haystack_chroma",
    ],
)
def test_the_peer_still_has_its_faults(peer: str, checkpoint: Path) -> None:
    ran = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(SCRIPTS / f"{peer}_probe.py"), str(checkpoint)],
        capture_output=True,
        text=True,
        check=True,
    )
    (answer,) = (line for line in ran.stdout.splitlines() if line.startswith(RESULT))
    for fault, seen in json.loads(answer.removeprefix(RESULT)).items():
        assert not RIGHT[fault](seen), f"{fault} is mended: {seen}. Update the table."
