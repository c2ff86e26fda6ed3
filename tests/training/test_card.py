"""The model card says what the run did, in a head that a hub can read."""

import json
from pathlib import Path

import pytest

from qwen3_embed_integrations import MODELS
from qwen3_embed_integrations.evaluation import RetrievalMetrics
from qwen3_embed_integrations.training.card import licence_of, model_card
from qwen3_embed_integrations.training.report import TrainingReport


def report_of(made, base="tiny", after=()):
    return TrainingReport(
        output=made.options.output,
        base=base,
        before=after,
        after=after,
        n_train=len(made.split.train),
        n_dev=len(made.split.dev),
        n_steps=1234,
    )


def head_of(card):
    lines = card.split("---\n")[1].splitlines()
    return {name: json.loads(value) for name, _, value in (line.partition(": ") for line in lines)}


@pytest.mark.parametrize("published", MODELS.values(), ids=lambda one: one.repo_id)
def test_the_licence_of_a_published_model_is_its_own(published):
    assert licence_of(published.repo_id) == published.licence != ""


def test_the_licence_of_an_unknown_model_is_left_open(make_plan):
    assert licence_of("tiny") == "Apache-2.0"
    assert licence_of("someone/else") == ""
    made = make_plan()
    assert "license" not in head_of(model_card(report_of(made), made, ""))
    assert head_of(model_card(report_of(made), made, "Apache-2.0"))["license"] == "apache-2.0"


def test_only_a_hub_name_becomes_the_base_model_of_the_head(make_plan):
    made = make_plan()
    for base, is_named in (("someone/model", True), ("tiny", False), ("/home/me/model", False), ("./model", False)):
        head = head_of(model_card(report_of(made, base), made, ""))
        assert head.get("base_model") == (base if is_named else None)


def test_the_library_is_the_one_that_opens_the_folder(make_plan):
    for options, library, trained in (
        ({}, "sentence-transformers", "| trained | all parameters |"),
        ({"lora_rank": 4}, "sentence-transformers", "LoRA of rank 4 on q_proj"),
        ({"lora_rank": 4, "keep_adapter": True}, "peft", "kept as an adapter |"),
    ):
        made = make_plan(**options)
        card = model_card(report_of(made), made, "")
        assert head_of(card)["library_name"] == library
        assert trained in card
        assert ("lora" in head_of(card)["tags"]) == bool(options)


def test_metrics_are_shown_if_and_only_if_there_was_a_dev_set(make_plan):
    made = make_plan(dimensions=[32])
    metrics = (RetrievalMetrics(64, 0.5, 0.25, 0.75, 1.0, 0.375),)
    card = model_card(report_of(made, after=metrics), made, "")
    assert "| after | 64 | 50.0 |" in card
    assert "| steps | 1,234 of 8 records, peak learning rate 0.001 |" in card
    assert "| Matryoshka dimensions | 32 |" in card
    without = model_card(report_of(made), made, "")
    assert "not evaluated" in without
    assert "## Metrics" not in without


def test_the_card_names_the_folder_but_no_path(make_plan):
    made = make_plan()
    card = model_card(report_of(made), made, "")
    assert f"# {made.options.output.name}\n" in card
    assert str(Path(made.options.output).parent) not in card
