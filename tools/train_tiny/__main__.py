"""The command line: ``python -m tools.train_tiny STEP --work FOLDER``."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from rich.console import Console
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from transformers import AutoTokenizer, Qwen3Model

from . import corpus, development, evalsets, evaluate, export, label, report, static, student, targets, vocabulary
from .batches import Sampler, TrainingSet
from .download import EVALUATION_PACKAGES, debian_packages
from .download import download as fetch
from .gossip import Gossip
from .train import Places, TrainingPlan
from .train import train as run_training
from .work import WorkFolder

app = typer.Typer(help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False)
Work = Annotated[Path, typer.Option(help="Where downloads, labels and checkpoints are kept.")]
Worker = Annotated[int, typer.Option(help="Number of this process, from 0.")]
Workers = Annotated[int, typer.Option(help="Processes that share the work.")]
_WORK = Path("build/tiny")
_ENGLISH_SHARE = 0.15  # of the vectors trained without translations: English loses by these


@app.callback()
def prepare(threads: Annotated[int, typer.Option(help="Threads of torch.")] = 1) -> None:
    """Set up logging and threads."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(threads)


@app.command()
def download(work: Work = _WORK, *, evaluation_only: bool = False) -> None:
    """Fetch the sources by package name."""
    fetch(WorkFolder(work).downloads, EVALUATION_PACKAGES if evaluation_only else debian_packages())


@app.command()
def extract(work: Work = _WORK) -> None:
    """Write the corpus and the held-out translations."""
    folder = WorkFolder(work)
    excluded = {corpus.fingerprint(text) for text in evalsets.evaluation_texts(folder.unpacked)}
    counts = corpus.build_corpus(folder.downloads, folder.corpus, folder.heldout, excluded)
    typer.echo(json.dumps({f"{source}/{lang}": count for (source, lang), count in sorted(counts.items())}))


@app.command()
def sections(work: Work = _WORK) -> None:
    """Append long passages of manuals, with their headings as queries, to the corpus."""
    folder = WorkFolder(work)
    excluded = {corpus.fingerprint(text) for text in evalsets.evaluation_texts(folder.unpacked)}
    counts = corpus.append_sections(folder.unpacked, folder.corpus, folder.development, excluded)
    typer.echo(json.dumps(counts))


@app.command()
def tokenizer(work: Work = _WORK) -> None:
    """Prune Qwen3's tokenizer."""
    folder = WorkFolder(work)
    vocabulary.make_tokenizer(corpus.read_corpus(folder.corpus), folder.downloads / "tokenizer", folder.tokenizer)


@app.command(name="label")
def make_labels(
    work: Work = _WORK, n_english: int = 600_000, n_alignment: int = 6144, worker: Worker = 0, n_workers: Workers = 1
) -> None:
    """Label English texts with MiniLM, and a few texts of all languages with e5."""
    folder = WorkFolder(work)
    units = corpus.read_corpus(folder.corpus)
    share = label.Share(worker, n_workers)
    label.label_for_alignment(units, folder.labels, n_alignment, share)
    label.label_english(units, folder.labels, n_english, share)


@app.command()
def initialise(
    work: Work = _WORK, static_steps: int = 1000, pair_steps: int = 900, translation_steps: int = 1500
) -> None:
    """Fit the target space, train static token vectors and write the student that starts from them.

    Each training's vectors are kept; remove their file to train them again.
    """
    folder = WorkFolder(work)
    space = targets.fit_target_space(corpus.read_corpus(folder.corpus), folder.labels)
    np.savez(folder.space, projection=space.projection, ridge=space.ridge)
    pruned = AutoTokenizer.from_pretrained(folder.tokenizer)
    training = static.Training(_training_set(folder), _raw_tokenizer(folder))

    def distilled() -> torch.Tensor:
        return training.train_on_texts(vocabulary.token_vectors(folder.tokenizer, pruned, space), static_steps)

    start = training.weighed_by_rarity(_kept(folder.token_vectors("distilled"), distilled))
    english = _kept(folder.token_vectors("pairs"), lambda: training.train_on_pairs(start, pair_steps, n_runs=4))
    multilingual = _kept(
        folder.token_vectors("translations"),
        lambda: training.train_on_translations(start, translation_steps, n_runs=6),
    )
    mixed = torch.lerp(multilingual, english, _ENGLISH_SHARE)
    torch.manual_seed(0)
    export.export_student(student.build_student(pruned, mixed), folder.tokenizer, folder.initial)


def _kept(path: Path, make: Callable[[], torch.Tensor]) -> torch.Tensor:
    """Return the vectors of ``path``, made and written if it is missing."""
    if not path.exists():
        save_file({"token_vectors": make()}, path.with_suffix(".partial"))
        path.with_suffix(".partial").replace(path)
    return load_file(path)["token_vectors"]


@app.command()
def train(
    work: Work = _WORK,
    minutes: Annotated[float, typer.Option(help="Training time; the learning rate falls over it.")] = 60,
    worker: Worker = 0,
    n_workers: Workers = 1,
) -> None:
    """Train, or go on training, from the initialised student."""
    folder = WorkFolder(work)
    model = Qwen3Model.from_pretrained(folder.initial, dtype=torch.float32)
    data = _training_set(folder)
    sampler = Sampler(data, _raw_tokenizer(folder), max_tokens=4096, max_length=512)
    judged = development.load_development(folder.development) if worker == 0 else None
    places = Places(folder.checkpoint(worker), Gossip(folder.gossip, worker, n_workers), judged)
    run_training(model, sampler, TrainingPlan(budget_s=60 * minutes), places)


def _training_set(folder: WorkFolder) -> TrainingSet:
    """Return the texts that the labels made so far give a target."""
    units = corpus.read_corpus(folder.corpus)
    with np.load(folder.space) as arrays:
        made, ready = targets.make_targets(units, folder.labels, targets.TargetSpace(**arrays))
    return TrainingSet.of(units, made, ready)


def _raw_tokenizer(folder: WorkFolder) -> Tokenizer:
    return Tokenizer.from_file(str(folder.tokenizer / "tokenizer.json"))


@app.command(name="export")
def write_model(target: Path, work: Work = _WORK) -> None:
    """Write the trained student as a sentence-transformers folder."""
    folder = WorkFolder(work)
    model = Qwen3Model.from_pretrained(folder.initial, dtype=torch.float32)
    model.load_state_dict(torch.load(folder.checkpoint(worker=0), weights_only=True)["model"])
    size = export.export_student(model, folder.tokenizer, target)
    typer.echo(f"{target}: {size / 1e6:.1f} MB")


@app.command(name="evaluate")
def measure(
    model: Path,
    work: Work = _WORK,
    json_file: Annotated[Path | None, typer.Option("--json", help="Also write the figures here.")] = None,
) -> None:
    """Print the model's figures beside BM25's and the teachers'."""
    folder = WorkFolder(work)
    if not folder.teacher_figures.exists():
        teachers = evaluate.evaluate_teachers(folder.unpacked, folder.heldout)
        folder.teacher_figures.write_text(json.dumps(teachers), "utf-8")
    teachers = json.loads(folder.teacher_figures.read_text("utf-8"))
    figures = evaluate.merged(teachers, evaluate.evaluate_model(model, folder.unpacked, folder.heldout))
    for table in report.tables(figures):
        Console().print(table)
    if json_file is not None:
        json_file.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    app()
