"""`doctor` reports on this machine or, with --base-url, on a server: one line a finding, or JSON."""

import json

import pytest

from remote_server import serving


def test_alone_it_reports_on_this_machine(run):
    code, out, notes = run("doctor")
    assert (code, notes) == (0, "")
    names = [line.split()[0] for line in out.splitlines()]
    assert names[:4] == ["package", "system", "processor", "memory"]
    assert {"[torch]", "[remote]", "models", "model", "device", "plan"} <= set(names)
    assert "tiny, 10 million parameters" in out


def test_the_model_and_dtype_asked_for_are_planned(run, checkpoint):
    code, out, _ = run("doctor", "--backend", "torch", "--model", checkpoint, "--dtype", "float32")
    assert code == 0
    assert f"model         {checkpoint.name}, " in out


def test_json_lists_the_findings(run):
    code, out, _ = run("doctor", "--json")
    assert code == 0
    found = {one["name"]: one["found"] for one in json.loads(out)}
    assert found["dtype"] == "float32"


def test_a_server_is_checked_with_a_line_a_check(run, server, checkpoint):
    code, out, _ = run("doctor", "--base-url", server.url, "--model", checkpoint, "--local", checkpoint)
    assert code == 0
    assert out.splitlines()[1] == "ok       dimension: 64"
    assert out.splitlines()[-1] == "ok       parity: lowest cosine 1.000000 to the local copy"


def test_a_check_that_fails_is_exit_code_1(run, checkpoint):
    with serving(checkpoint, appends_end_token=False) as bare:
        asked = ("doctor", "--base-url", bare.url, "--model")
        code, out, _ = run(*asked, "somebody/model")
        assert code == 1
        assert "failure  end token: appended by nobody" in out
        code, out, _ = run(*asked, "somebody/model", "--append-end-token", "--json")
        assert code == 0
        assert {"name": "unit norm", "outcome": "ok", "found": "embeddings have unit length"} in json.loads(out)
        assert run(*asked, checkpoint, "--engine", "vllm", "--no-send-token-ids")[0] == 1


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("--local", "tiny"), "--base-url"),
        (("--backend", "remote"), "base_url"),
        (("--base-url", "http://127.0.0.1:9/v1", "--backend", "torch"), 'base_url is for backend="remote"'),
    ],
)
def test_what_does_not_fit_together_is_one_line(run, assert_refused, arguments, part):
    assert_refused(run("doctor", *arguments), part)
