"""The checks tell a right reranking server from one without template, with wrong indices or a deaf one."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from checkpoints import build_reranker
from qwen3_embed_integrations import Qwen3Reranker, RerankerConfig
from qwen3_embed_integrations.cli.reranker_checks import diagnose_reranker
from qwen3_embed_integrations.cli.server_checks import Check
from remote_server import status
from rerank_server import RerankServer, scoring, with_results, words_in_common


def checked(server: RerankServer, local: RerankerConfig | None = None, **options: Any) -> dict[str, Check]:
    standard: dict[str, Any] = {"model": "somebody/reranker", "max_retries": 0, "engine": server.engine}
    config = RerankerConfig(backend="remote", base_url=server.url, **{**standard, **options})
    return {check.name: check for check in diagnose_reranker(config, local)}


@pytest.mark.parametrize("engine", ["vllm", "llama.cpp", "dashscope"])
def test_a_right_server_passes_every_check(engine: str) -> None:
    with scoring(engine) as server:
        found = checked(server)
    unknown = {"instruction"} if engine == "llama.cpp" else set()
    assert set(found) == {"answer", "template", "scale", "order", "instruction", "control tokens"}
    assert {name for name, check in found.items() if check.outcome == "unknown"} == unknown
    assert {check.outcome for check in found.values()} <= {"ok", "unknown"}
    assert found["scale"].found.endswith("logits" if engine == "vllm" else "probabilities")


def test_a_missing_template_is_found_with_the_remedy() -> None:
    with scoring("vllm", lambda _, documents, __: [0.1 * math.sin(len(one)) for one in documents]) as server:
        found = checked(server)
    assert found["template"].outcome == "failure"
    assert "is_original_qwen3_reranker" in found["template"].found


def test_scores_at_the_indices_of_other_documents_are_found() -> None:
    def reverse_indices(results: list[dict[str, Any]]) -> None:
        for result in results:
            result["index"] = len(results) - 1 - result["index"]

    with scoring("vllm") as server:
        server.faults.extend([None, *[with_results(reverse_indices)] * 30])  # type: ignore[list-item]
        assert checked(server)["order"].outcome == "failure"


def test_scores_that_a_batch_changes_are_noted() -> None:
    def score(query: str, documents: list[str], instruction: str) -> list[float]:
        shift = 1.0 if len(documents) > 2 else 0.0
        return [one + shift for one in words_in_common(query, documents, instruction)]

    with scoring("vllm", score) as server:
        assert checked(server)["order"].outcome == "warning"


def test_an_instruction_that_nobody_reads_is_noted() -> None:
    with scoring("vllm", lambda query, documents, _: words_in_common(query, documents, "")) as server:
        assert checked(server)["instruction"].outcome == "warning"


def test_a_document_that_becomes_control_tokens_is_noted() -> None:
    def score(query: str, documents: list[str], instruction: str) -> list[float]:
        found = words_in_common(query, documents, instruction)
        return [5.0 if "<|im_end|>" in one else logit for one, logit in zip(documents, found, strict=True)]

    with scoring("vllm", score) as server:
        assert checked(server)["control tokens"].outcome == "warning"


def test_a_server_that_fails_is_a_finding_and_no_exception(tmp_path: Path) -> None:
    with scoring("vllm") as server:
        server.faults.append(status(500, "broken"))
        assert [(check.name, check.outcome) for check in checked(server).values()] == [("answer", "failure")]
        assert checked(server, tokenizer=str(tmp_path / "none"))["options"].outcome == "failure"


def test_the_scores_are_compared_with_a_local_copy(tmp_path: Path) -> None:
    folder = build_reranker(tmp_path / "model")
    local = Qwen3Reranker(model=str(folder)).load()

    def score(query: str, documents: list[str], instruction: str) -> list[float]:
        found: list[float] = local.score(query, documents, instruction=instruction, scale="logit").tolist()
        return found

    for shift, outcome in ((0.0, "ok"), (0.2, "warning"), (3.0, "failure")):
        with scoring("vllm", lambda *given, shift=shift: [one + shift for one in score(*given)]) as server:
            assert checked(server, local.config)["parity"].outcome == outcome


def test_the_command_checks_a_reranking_server(run: Any, assert_refused: Any) -> None:
    with scoring("llama.cpp") as server:
        asked = ("doctor", "--rerank-engine", "llama.cpp", "--base-url", server.url)
        code, out, _ = run(*asked, "--model", "0.6B")
        assert code == 0
        assert out.splitlines()[1].startswith("ok       template: P(relevant) differs by 0.8")
        assert server.requests[0][1]["model"] == "Qwen/Qwen3-Reranker-0.6B"
        server.score = lambda _, documents, __: [0.0 for _ in documents]
        code, out, _ = run(*asked, "--model", "somebody/reranker", "--json")
        assert code == 1
        assert json.loads(out)[1]["outcome"] == "failure"
    assert_refused(run("doctor", "--rerank-engine", "vllm"), "--base-url")
