"""What `similarity`, `models`, `eval` and `train` print, and one line with a remedy for every bad input."""

import json

import pytest

from qwen3_embed_integrations import MODELS, Qwen3Encoder
from qwen3_embed_integrations.cli.app import main
from training_examples import records_of


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    """Runs the command in this process: exit code, standard output, standard error."""
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return end.value.code, captured.out, captured.err

    return run


@pytest.fixture
def records(tmp_path):
    path = tmp_path / "records.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records_of(40)))
    return path


def test_similarity_shows_texts_and_their_cosines(run):
    texts = ["Cats sleep all day.", "A cat is asleep.", "Import csv."]
    code, out, notes = run("similarity", *texts)
    assert (code, notes) == (0, "")
    records = Qwen3Encoder(model="tiny").encode_document(texts)
    for text in texts:
        assert text in out
    assert f"│ {records[0] @ records[1]:.2f} │ {records[0] @ records[2]:.2f} │" in out


def test_similarity_compares_queries_with_texts_under_their_task(run):
    encoder = Qwen3Encoder(model="tiny", task="code")
    score = float(encoder.encode_query(["read records"])[0] @ encoder.encode_document(["csv.reader"])[0])
    code, out, _ = run("similarity", "csv.reader", "--query", "read records", "--task", "code")
    assert code == 0
    assert f"│ q1 │ {score:.2f} │" in out


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_similarity_draws_a_heat_map(run, tmp_path, ending):
    assert run("similarity", "a $ b", "c", "--plot", f"map.{ending}")[0] == 0
    picture = (tmp_path / f"map.{ending}").read_bytes()
    assert picture.startswith({"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[ending])


def test_models_are_listed_with_what_is_on_this_machine(run, tmp_path):
    code, out, _ = run("models", "--cache-folder", tmp_path / "hub")
    assert code == 0
    for card in MODELS.values():
        assert f"│ {card.name}" in out
    assert out.count("not yet") == len(MODELS)
    assert "bundled" in out
    assert "30.27 GB" in out
    snapshot = tmp_path / "hub/models--Qwen--Qwen3-Embedding-4B/snapshots/abc"
    snapshot.mkdir(parents=True)
    (snapshot / "model.safetensors").write_bytes(bytes(200_000_000))
    (tmp_path / "hub/models--Qwen--Qwen3-Embedding-4B/refs").mkdir()
    (tmp_path / "hub/models--Qwen--Qwen3-Embedding-4B/refs/main").write_text("abc")
    assert "cached, 0.2 GB" in run("models", "--cache-folder", tmp_path / "hub")[1]


def test_eval_metrics_each_dimension_and_draws_them(run, records, tmp_path):
    code, out, _ = run("eval", "--pairs", records, "--dimensions", 256, "--dimensions", 64, "--plot", "quality.svg")
    assert code == 0
    assert "tiny: 40 queries, 40 documents" in out
    lines = [line for line in out.splitlines() if line.startswith("│")]
    assert [line.split()[1] for line in lines] == ["256", "64"]
    assert "nDCG@10, percent" in (tmp_path / "quality.svg").read_text()


def test_eval_prints_markdown(run, records):
    _, out, _ = run("eval", "--pairs", records, "--markdown", "--dimensions", 32)
    assert out.startswith("| dimension | nDCG@10 |")
    assert "\n| 32 | " in out


def test_eval_reads_three_files(run, tmp_path):
    (tmp_path / "q.csv").write_text("id,text\n1,cats\n2,dogs\n")
    (tmp_path / "d.csv").write_text("id,text\na,Cats purr.\nb,Dogs bark.\n")
    (tmp_path / "j.csv").write_text("query_id,document_id\n1,a\n2,b\n")
    code, out, _ = run("eval", "--queries", "q.csv", "--documents", "d.csv", "--judgements", "j.csv")
    assert code == 0
    assert "tiny: 2 queries, 2 documents" in out


def test_train_prints_before_and_after_and_where_the_model_is(run, records, checkpoint, tmp_path):
    options = ("--data", records, "--output", tmp_path / "mine", "--dev-share", 0.2, "--batch-size", 8)
    code, out, notes = run("train", *options, "--max-tokens", 48, "--model", checkpoint, "--dimensions", 32)
    assert code == 0, notes
    assert [line.split()[1] for line in out.splitlines() if line.startswith("│")] == ["before"] * 2 + ["after"] * 2
    assert "mine: trained on 32 records in 4 steps." in " ".join(out.split())
    assert Qwen3Encoder(model=str(tmp_path / "mine")).dimension == 64


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("similarity", "one"), "two texts or more"),
        (("similarity", "one", "two", "--plot", "map.gif"), "'.gif', expected .png"),
        (("similarity", "one", "two", "--plot", "nowhere/map.png"), "does not exist"),
        (("eval",), "give --pairs"),
        (("eval", "--pairs", "a.csv", "--queries", "b.csv"), "not both"),
        (("eval", "--pairs", "nowhere.csv"), "nowhere.csv' does not exist"),
        (("train",), "--data"),
        (("train", "--data", "nowhere.jsonl"), "nowhere.jsonl' does not exist"),
        (("train", "--batch-size", "0"), "batch_size"),
    ],
)
def test_bad_input_is_one_line(run, arguments, part):
    code, out, notes = run(*arguments)
    assert (code, out) == (1, "")
    assert notes.startswith("qwen3-embed: ")
    assert part in notes
    assert len(notes.splitlines()) == 1
