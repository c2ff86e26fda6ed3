"""`chunk-study` prints what each setting finds and costs, and one sentence of advice."""

import json

import pytest


@pytest.fixture
def docs(tmp_path, monkeypatch):
    """A folder with a long file, and two judged questions beside it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "docs"
    folder.mkdir()
    notes = [f"Note {number} tells that pump {number} was mended with part {number * 7}." for number in range(60)]
    (folder / "pumps.md").write_text("# Pumps\n\n" + " ".join(notes))
    records = [
        {"question": "What was pump 31 mended with?", "file": "pumps.md", "quote": "pump 31 was mended with part 217"},
        {"question": "Which part is in pump 8?", "quote": "Note 8 tells that pump 8 was mended with part 56"},
    ]
    (tmp_path / "judged.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in records))
    return folder


def test_every_setting_is_shown_with_its_cost_and_an_advice(run, docs, tmp_path):
    code, out, notes = run("chunk-study", docs, "--questions", "judged.jsonl", "--sizes", "64,512", "--plot", "p.svg")
    assert code == 0, notes
    assert out.count("512 section, 15 %, headers") == 2
    assert out.count("64 section, 15 %, headers") == 2
    assert "R@ctx" in out
    assert out.splitlines()[-1].startswith(("Keep the present setting: on 2 questions", "Use --chunk-tokens"))
    assert "2 questions tell little apart" in notes
    assert "64 section" in (tmp_path / "p.svg").read_text()
    assert max(map(len, out.splitlines()[:-1])) <= 80


def test_json_holds_every_figure_and_no_index_is_touched(run, docs, tmp_path):
    arguments = (
        "chunk-study",
        docs,
        "--questions",
        "judged.jsonl",
        "--sizes",
        64,
        "--by",
        "tokens",
        "--overlap",
        "0,15",
    )
    code, out, _ = run(*arguments, "--json")
    assert code == 0
    found = json.loads(out)
    assert [(one["setting"]["by"], one["setting"]["overlap"]) for one in found["settings"]] == [
        ("section", 15),
        ("tokens", 0),
        ("tokens", 15),
    ]
    assert found["settings"][0]["cut_in_two"] == 0
    assert found["settings"][1]["n_chunks"] > 10
    assert sorted(path.name for path in (tmp_path / "cache" / "qwen3-embed").iterdir() if path.is_dir()) == []


def test_sizes_beyond_the_model_are_cut_to_what_it_embeds(run, docs):
    arguments = ("chunk-study", docs, "--questions", "judged.jsonl", "--sizes", "64,8192", "--max-length", 600)
    code, out, notes = run(*arguments)
    assert code == 0
    assert "Chunks of 8,192 tokens are cut to 599" in notes
    assert "599 section" in out
    assert "8192 section" not in out


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ((), "give --questions"),
        (("--questions", "nowhere.jsonl"), "does not exist"),
        (("--questions", "judged.jsonl", "--sizes", "12"), "--sizes=12: give whole numbers from 40"),
        (("--questions", "judged.jsonl", "--sizes", "a"), "--sizes=a: give whole numbers"),
        (("--questions", "judged.jsonl", "--by", "line"), "--by=line: 'line' is not one of section"),
        (("--questions", "judged.jsonl", "--headers", "maybe"), "--headers=maybe"),
        (("--questions", "judged.jsonl", "--overlap", "60"), "--overlap=60"),
    ],
)
def test_bad_input_is_one_line(run, docs, assert_refused, arguments, part):
    assert_refused(run("chunk-study", docs, *arguments), part)
