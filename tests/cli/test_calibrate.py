import json

from qwen3_embed_integrations.cli.calibrate import histogram


def files(tmp_path, n=20):
    (tmp_path / "q.txt").write_text("".join(f"When are invoices sent in month {number}?\n" for number in range(n)))
    (tmp_path / "u.txt").write_text("Where is the moon?\nWho wrote Faust?\n")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "billing.md").write_text("# Billing\n\nInvoices are sent on the first day of each month.\n")
    return ["calibrate", "--questions", "q.txt", "--unanswerable", "u.txt", "--docs", "docs"]


def test_the_floor_is_printed_and_then_used(run, tmp_path, checkpoint):
    arguments = [*files(tmp_path), "--model", checkpoint]
    code, out, _ = run(*arguments)
    assert code == 0
    assert "Unanswerable questions answered: " in out
    assert "AUROC: " in out
    assert "interval" in out
    code, out, _ = run(*arguments, "--json")
    data = json.loads(out)
    assert len(data["evidence"]["answerable"]) == data["n_answerable"] == 20
    asked = ("rag", "--docs", "docs", "--model", checkpoint, "--json", "--min-score", "-1", "--ask")
    answer = json.loads(run(*asked, "When are invoices sent in month 3?")[1])["answer"]
    assert (answer is None) == (data["evidence"]["answerable"][3] < data["floor"])


def test_nothing_to_measure_on_is_refused(run, assert_refused):
    assert_refused(run("calibrate"), "give --questions")


def test_both_histograms_count_every_question():
    lines = histogram([0.5, 0.6, 0.6], [0.1], 0.4)
    assert sum(int(line[1]) for line in lines) == 3
    assert sum(int(line[3]) for line in lines) == 1
    assert [line[0] for line in lines if "floor" in line[0]] == ["0.39 floor"]
    assert histogram([0.5], [], 0.5)[0][1] == "1"
