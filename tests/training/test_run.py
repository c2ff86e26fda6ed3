"""A run ends in one published folder and notes what its user should know."""

import json

from training_examples import records_of


def test_a_run_leaves_its_folder_and_nothing_else(fine_tune, tmp_path):
    report = fine_tune(records_of(16), lora_rank=2)
    assert list(tmp_path.iterdir()) == [report.output]
    assert json.loads((report.output / "training_report.json").read_text()) == json.loads(json.dumps(report.to_dict()))
    assert (report.output / "quality.svg").exists()
    assert report.n_train + report.n_dev == 16


def test_a_run_without_a_dev_set_evaluates_and_plots_nothing(fine_tune):
    report = fine_tune(records_of(16), dev_share=0)
    assert (report.before, report.after, report.n_dev) == ((), (), 0)
    assert not (report.output / "quality.svg").exists()


def test_records_whose_negative_is_a_dev_document_are_left_out_and_noted(fine_tune, write_records):
    records = records_of(12, negative="")
    dev = records_of(16)[12:]
    for number, record in enumerate(records):
        record["negative"] = dev[0]["positive"] if number < 3 else f"Nothing, bay {number}."
    report = fine_tune(records, dev=write_records(dev), dev_share=0.1)
    assert (report.n_train, report.n_dev) == (9, 4)
    assert report.notes[0].startswith("3 training records were left out: a negative is a dev document.")


def test_metrics_that_fell_are_noted(fine_tune):
    report = fine_tune(learning_rate=1.0, epochs=2, warmup=0)
    assert any("fell" in note for note in report.notes) == (report.after[0].ndcg_at_10 < report.before[0].ndcg_at_10)


def test_a_run_that_moves_nothing_says_so_with_the_remedy(fine_tune):
    report = fine_tune(learning_rate=1e-12, epochs=1)
    assert report.after == report.before
    (note,) = report.notes
    assert note.startswith("Nothing moved: ")
    assert "--learning-rate" in note
