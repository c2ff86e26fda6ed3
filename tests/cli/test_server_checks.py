"""The checks tell a right server from one with a wrong end token, prompt, order, width or model."""

import pytest

from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.cli.server_checks import diagnose
from remote_server import changed, serving, status


def config(server, **options):
    standard = {"backend": "remote", "base_url": server.url, "model": "somebody/model", "max_retries": 0}
    return EncoderConfig(**{**standard, **options})


def outcomes(checks):
    return {check.name: check.outcome for check in checks}


def found(checks, name):
    return next(check.found for check in checks if check.name == name)


@pytest.mark.parametrize("engine", ["openai", "tei", "ollama", "vllm"])
def test_a_right_server_passes_every_check(server, local, engine):
    checks = diagnose(config(server, engine=engine, model=local.config.model), local.config)
    found_outcomes = outcomes(checks)
    counts = {"end token", "prompt", "control tokens"}  # this server's /embed reports no counts, as some proxies do
    unknown = counts if engine == "tei" else set()
    assert {name for name, outcome in found_outcomes.items() if outcome == "unknown"} == unknown
    assert set(found_outcomes.values()) - {"unknown"} == {"ok"}
    assert set(found_outcomes) == counts | {"answer", "dimension", "unit norm", "order", "server dimensions", "parity"}


def test_a_missing_end_token_is_found_and_the_option_repairs_it(checkpoint, local):
    with serving(checkpoint, appends_end_token=False) as bare:
        broken = diagnose(config(bare), local.config)
        assert outcomes(broken)["end token"] == outcomes(broken)["parity"] == "failure"
        assert "append_end_token=True" in found(broken, "end token")
        assert "other append_end_token" in found(broken, "parity")
        repaired = diagnose(config(bare, append_end_token=True), local.config)
        assert outcomes(repaired)["end token"] == outcomes(repaired)["parity"] == "ok"


def test_an_end_token_of_both_is_found(server):
    assert "twice" in found(diagnose(config(server, append_end_token=True)), "end token")


def test_a_prompt_of_the_servers_own_is_found(checkpoint, local):
    with serving(checkpoint, prompt="Represent this: ") as prompted:
        checks = diagnose(config(prompted), local.config)
    assert outcomes(checks)["prompt"] == outcomes(checks)["parity"] == "failure"


def test_another_model_behind_the_name_is_found(server, make_checkpoint, local):
    assert outcomes(diagnose(config(server, model="0.6B")))["dimension"] == "failure"
    with serving(make_checkpoint(seed=5)) as other:
        checks = diagnose(config(other), local.config)
    assert "another model or pooling" in found(checks, "parity")


def test_embeddings_in_another_order_are_found(server):
    def reverse_embeddings(data):
        embeddings = [entry["embedding"] for entry in data][::-1]
        for entry, embedding in zip(data, embeddings, strict=True):
            entry["embedding"] = embedding

    server.faults.extend([changed(reverse_embeddings)] * 30)
    assert outcomes(diagnose(config(server)))["order"] == "failure"


def test_embeddings_of_another_length_than_one_are_noted(server):
    def double(data):
        for entry in data:
            entry["embedding"] = [2 * value for value in entry["embedding"]]

    server.faults.extend([changed(double)] * 30)
    checks = diagnose(config(server))
    assert outcomes(checks)["unit norm"] == "warning"
    assert "length 2" in found(checks, "unit norm")


def test_embeddings_of_a_batch_that_differ_from_those_of_its_texts_are_noted(server):
    def blur(data):
        if len(data) > 1:
            for entry in data:
                entry["embedding"][0] += 0.05

    server.faults.extend([changed(blur)] * 30)
    checks = diagnose(config(server))
    assert outcomes(checks)["order"] == "warning"
    assert "max_batch_texts=1" in found(checks, "order")


def test_embeddings_of_coarse_weights_are_noted(server, local):
    def round_off(data):
        for entry in data:
            entry["embedding"] = [round(value * 32) / 32 for value in entry["embedding"]]

    server.faults.extend([changed(round_off)] * 30)
    checks = diagnose(config(server), local.config)
    assert outcomes(checks)["parity"] == "warning"
    assert "quantised" in found(checks, "parity")


def test_a_server_that_fails_is_a_finding_and_no_exception(server):
    server.faults.append(status(500, "broken"))
    (check,) = diagnose(config(server))
    assert check.outcome == "failure"
    assert "broken" in check.found
    (check,) = diagnose(config(server, engine="llama.cpp", model="0.6B", server_dimensions=True))
    assert (check.name, check.outcome) == ("options", "failure")
