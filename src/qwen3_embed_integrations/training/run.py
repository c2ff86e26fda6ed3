"""One fine-tuning from files to folder: plan, evaluate, train, evaluate, publish."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from sentence_transformers import SentenceTransformer

from qwen3_embed_integrations import EncoderConfig, Qwen3Encoder
from qwen3_embed_integrations.evaluation import RetrievalMetrics, evaluate, matryoshka_dims, plot_quality

from .card import licence_of, model_card
from .distillation import with_teacher_vectors
from .export import export
from .model import add_lora, load_model
from .negatives import mine, with_negatives
from .options import DISTILLING, TrainingOptions
from .plan import TrainingPlan, plan_training
from .progress import one_bar_only
from .report import TrainingReport
from .run_directory import RunDirectory
from .split import Split
from .trainer import fit


def run(config: EncoderConfig, options: TrainingOptions) -> TrainingReport:
    """Fine-tune `config.model`; see `training.train`."""
    made = plan_training(config, options)
    work = RunDirectory(options.output, made.fingerprint(), fresh=options.fresh)
    try:
        with one_bar_only():
            return _run(made, work)
    finally:
        work.close()


def _run(made: TrainingPlan, work: RunDirectory) -> TrainingReport:
    options, split = made.options, made.split
    asked = made.config.replace(task=None, document_task=None, dimension=None)
    before = work.remembered("before", lambda: _evaluated(made.config, split, options))
    model = load_model(made.base, made.prompting, made.device)
    if options.mine_negatives:
        mined = work.remembered("negatives", lambda: _mined(model, made))
        split = replace(split, train=tuple(with_negatives(split.train, mined)))
    if options.loss in DISTILLING:
        records = with_teacher_vectors(
            split.train, made.config, options, made.base.model_info.hidden_size, work.folder / "teacher.npy"
        )
        split = replace(split, train=tuple(records))
    add_lora(model, options)
    n_steps = fit(model, made, split, work)
    staging = work.staging()
    export(model, made, staging)
    after = _evaluated(asked.replace(model=str(staging), revision=None), split, options)
    report = TrainingReport(
        output=options.output,
        base=made.config.model,
        before=tuple(map(RetrievalMetrics.from_dict, before)),
        after=tuple(map(RetrievalMetrics.from_dict, after)),
        n_train=len(split.train),
        n_dev=len(split.dev),
        n_steps=n_steps,
        notes=tuple(_notes(made.split, split, n_steps, before, after)),
    )
    _write_artifacts(report, made, work, staging)
    work.publish(staging)
    return report


def _mined(model: SentenceTransformer, made: TrainingPlan) -> list[list[str]]:
    return mine(model, made.split.train, made.options, made.prompting, made.schedule.batch_size)


def _evaluated(config: EncoderConfig, split: Split, options: TrainingOptions) -> list[dict[str, float]]:
    """Return the dev set's metrics with a model as users run it; free its weights unless others use them."""
    if not split.dev:
        return []
    encoder = Qwen3Encoder(config.replace(show_progress=False, max_length=config.max_length))
    was_loaded = encoder.is_loaded
    dimensions = (
        sorted({*options.dimensions, encoder.model_info.hidden_size})
        if options.dimensions
        else matryoshka_dims(encoder)
    )
    metrics = evaluate(encoder, split.dataset(), dimensions)
    if not was_loaded:
        encoder.unload()
    return [one.to_dict() for one in metrics]


def _notes(
    given: Split, used: Split, n_steps: int, before: list[dict[str, float]], after: list[dict[str, float]]
) -> list[str]:
    notes = []
    if given.n_left_out:
        notes.append(f"{given.n_left_out} training records were left out: a negative is a dev document.")
    if len(used.train) < len(given.train):
        notes.append(f"{len(given.train) - len(used.train)} training records were left out: too few negatives to mine.")
    if after and after == before:
        notes.append(
            f"Nothing moved: every metric of the dev set is what it was before the {n_steps:,} steps. Raise "
            "--learning-rate or --epochs, lower --batch-size, or give more records."
        )
    if after and after[0]["ndcg_at_10"] < before[0]["ndcg_at_10"]:
        notes.append(
            "The dev nDCG@10 fell. Lower the learning rate, train for fewer epochs, or check that the dev records "
            "resemble the training records."
        )
    return notes


def _write_artifacts(report: TrainingReport, made: TrainingPlan, work: RunDirectory, staging: Path) -> None:
    """Write the model card, the report, the plot and TensorBoard's files beside the weights."""
    card = model_card(report, made, licence_of(made.config.model))
    (staging / "README.md").write_text(card, encoding="utf-8")
    (staging / "training_report.json").write_text(json.dumps(report.to_dict(), indent=2) + "\n", encoding="utf-8")
    if report.after:
        plot_quality(report.series(), staging / "quality.svg", report.output.name)
    if (work.folder / "runs").is_dir():
        (work.folder / "runs").rename(staging / "runs")
