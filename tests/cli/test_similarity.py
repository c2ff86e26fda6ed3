"""`similarity` prints cosines that are the encoder's own, at any number of texts, and as JSON."""

import json
import re

import numpy as np
import pytest

from qwen3_embed_integrations import Qwen3Encoder

TEXTS = ["Cats sleep all day.", "A cat is asleep.", "Import csv."]


def test_texts_and_their_cosines_are_printed(run, cells):
    code, out, notes = run("similarity", *TEXTS)
    assert (code, notes) == (0, "")
    embeddings = Qwen3Encoder(model="tiny").encode_document(TEXTS)
    for text in TEXTS:
        assert text in out
    scores = [f"{embeddings[0] @ embeddings[number]:.2f}" for number in (1, 2)]
    assert ["1", "1.00", *scores] in cells(out)


def test_queries_are_compared_with_texts_under_their_task(run, cells):
    task = "Find the function that does this"
    encoder = Qwen3Encoder(model="tiny", task=task)
    score = float(encoder.encode_query(["read records"])[0] @ encoder.encode_document(["csv.reader"])[0])
    code, out, _ = run("similarity", "csv.reader", "--query", "read records", "--task", task)
    assert code == 0
    assert ["q1", f"{score:.2f}"] in cells(out)


def test_json_holds_the_whole_matrix(run):
    code, out, notes = run("similarity", *TEXTS, "--query", "pets", "--json")
    assert (code, notes) == (0, "")
    found = json.loads(out)
    encoder = Qwen3Encoder(model="tiny")
    expected = encoder.similarity(encoder.encode_query(["pets"]), encoder.encode_document(TEXTS))
    assert (found["queries"], found["texts"]) == (["pets"], TEXTS)
    np.testing.assert_allclose(found["similarity"], expected, atol=1e-6)


def test_more_texts_than_a_terminal_has_room_for_are_all_printed(run, cells):
    _, out, _ = run("similarity", *[f"text {number}" for number in range(25)])
    assert max(map(len, out.splitlines())) <= 80
    table = [line for line in cells(out) if "text" not in line and "─" not in line[0]]
    assert sum(len(line) - 1 for line in table if re.fullmatch(r"-?\d\.\d\d", line[-1])) == 25 * 25
    assert "…" not in out


def test_texts_are_shown_as_they_were_written_and_act_on_no_terminal(run):
    _, out, _ = run("similarity", "[red]x[/b]", "\x1b[2Jy")
    assert "[red]x[/b]" in out
    assert "\x1b" not in out
    assert r"\x1b[2Jy" in out


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_a_heat_map_is_drawn(run, tmp_path, ending):
    assert run("similarity", "a $ b", "c", "--plot", f"map.{ending}")[0] == 0
    picture = (tmp_path / f"map.{ending}").read_bytes()
    assert picture.startswith({"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[ending])


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("one",), "two texts or more"),
        (("one", "two", "--plot", "map.gif"), "'.gif', expected .png"),
        (("one", "two", "--plot", "nowhere/map.png"), "does not exist"),
    ],
)
def test_bad_input_is_one_line(run, assert_refused, arguments, part):
    assert_refused(run("similarity", *arguments), part)
