"""The command line: ``python -m tools.train_tiny STEP --work FOLDER``."""

from __future__ import annotations

import json
import logging
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from benchmarks.pages import replace_block
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import AutoTokenizer, Qwen3Model

from . import benchmark, corpus, evalsets, evaluate, export, order, report, teacher_texts
from . import download as packages
from .dev_sets import DevelopmentSets, development_figures, load_development_sets, small
from .development import load_development
from .exclusion import excluded_fingerprints
from .model import build_model
from .order import OrderOptions
from .pair_sampler import STAGES, PairSampler
from .token_vectors import BagOfTokens, BagOptions, start_vectors, train_token_vectors
from .train import Encoder, TrainingOptions
from .train import Start as Starting
from .train import train as run_training
from .training_text import TrainingText
from .work import WorkFolder

app = typer.Typer(help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False)
Work = Annotated[Path, typer.Option(help="Where downloads, texts and checkpoints are kept.")]
Start = Annotated[Path, typer.Option(help="Folder of the model to start from.")]
Minutes = Annotated[float, typer.Option(help="Training time; the learning rate falls over it.")]
SitePackages = Annotated[Path, typer.Option(help="Installed Python packages whose functions are read.")]
_WORK = Path("build/tiny")
_PACKAGED = Path("src/qwen3_embed_integrations/models/tiny")
_SITE_PACKAGES = Path(sysconfig.get_paths()["purelib"])


@app.callback()
def prepare(threads: Annotated[int, typer.Option(help="Threads of torch.")] = 1) -> None:
    """Set up logging and threads."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(threads)


@app.command()
def download(work: Work = _WORK, *, evaluation_only: bool = False) -> None:
    """Fetch the Debian packages by name and, unless only evaluation is asked for, the repositories."""
    folder = WorkFolder(work)
    packages.download(folder.downloads, packages.EVALUATION_PACKAGES if evaluation_only else packages.debian_packages())
    if evaluation_only:
        packages.clone_evaluation(folder.repositories)
    else:
        packages.clone_repositories(folder.repositories)
        packages.download_npm(folder.downloads / "npm")


@app.command()
def extract(work: Work = _WORK, site_packages: SitePackages = _SITE_PACKAGES) -> None:
    """Write the texts of each group of sources to its file below `texts`, and the development manuals."""
    folder = WorkFolder(work)
    excluded = excluded_fingerprints(folder.unpacked, folder.repositories)
    folder.texts.mkdir(parents=True, exist_ok=True)
    for name, reader in corpus.readers(folder.downloads, site_packages).items():
        corpus.write_texts(name, reader, folder.texts / f"{name}.jsonl", excluded)
    corpus.write_texts("development", lambda: corpus.development_manuals(folder.downloads), folder.development, set())


@app.command(name="token-vectors")
def fit_token_vectors(
    work: Work = _WORK, start: Start = _PACKAGED, minutes: Minutes = 30, site_packages: SitePackages = _SITE_PACKAGES
) -> None:
    """Train the token vectors alone, as a bag of tokens, from those of an earlier model."""
    folder = WorkFolder(work)
    sampler = PairSampler(_texts(folder), STAGES["token-vectors"])
    typer.echo(json.dumps(sampler.counts(), ensure_ascii=False))
    bags = BagOfTokens(_tokenizer(start))
    sets = _development(folder, site_packages)

    def evaluate_vectors(vectors: torch.Tensor) -> dict[str, float]:
        return development_figures(lambda texts: bags.encode(vectors, texts).numpy(), sets)

    options = BagOptions(minutes)
    train_token_vectors(start_vectors(start), bags, sampler, folder.token_vectors, options, evaluate_vectors)


@app.command()
def teach(work: Work = _WORK, n_texts: int = 60_000, n_pairs: int = 20_000) -> None:
    """Write the teacher's vectors of short English texts, which `train` reads; may go on beside it."""
    folder = WorkFolder(work)
    teacher_texts.label(teacher_texts.short_texts(_texts(folder), n_texts), folder.teacher_texts)
    teacher_texts.label_pairs(teacher_texts.question_pairs(_texts(folder), n_pairs), folder.teacher_texts / "pairs")


@app.command()
def train(  # noqa: PLR0913, PLR0917 - a command has as many options as it has
    work: Work = _WORK,
    start: Start = _PACKAGED,
    minutes: Minutes = 180,
    batch_size: int = 64,
    device: str = "cpu",
    site_packages: SitePackages = _SITE_PACKAGES,
    *,
    compiled: bool = True,
) -> None:
    """Train, or go on training, all layers from the trained token vectors; checkpoints every three minutes."""
    folder = WorkFolder(work)
    vectors = load_file(folder.token_vectors)["token_vectors"]
    model = _start_model(folder, start)
    bags = BagOfTokens(_tokenizer(start))

    def embed(texts: list[str]) -> np.ndarray:
        return torch.nn.functional.normalize(bags.encode(vectors, texts), dim=-1).numpy()

    sampler = PairSampler(
        _texts(folder),
        STAGES["layers"],
        (teacher_texts.load_texts(folder.teacher_texts), teacher_texts.load_pairs(folder.teacher_texts / "pairs")),
        embed,
    )
    options = TrainingOptions(minutes, batch_size=batch_size, device=device, is_compiled=compiled)
    encoder = Encoder(model, _tokenizer(start), device)
    sets = _development(folder, site_packages)

    def evaluate_model() -> dict[str, float]:
        with torch.no_grad():
            return development_figures(lambda texts: encoder(texts, 320).cpu().numpy(), sets)

    beginning = Starting(model, _tokenizer(start), vectors)
    run_training(beginning, sampler, folder.checkpoint, options, evaluate_model)


@app.command(name="order")
def fit_order(
    work: Work = _WORK,
    start: Start = _PACKAGED,
    minutes: Minutes = 6,
    anchor_weight: float = 20,
    learning_rate: float = 1.5e-3,
) -> None:
    """Bring the trained layers' search back to the token vectors', and go on training them on triples."""
    folder = WorkFolder(work)
    kinds = ("qa", "code", "bitext", "passage")
    sampler = PairSampler(_texts(folder), {kind: STAGES["layers"][kind] for kind in kinds})
    options = OrderOptions(minutes, learning_rate=learning_rate, anchor_weight=anchor_weight)
    model = _start_model(folder, start)
    order.train_order(model, _tokenizer(start), sampler, folder.checkpoint, folder.order, options)


@app.command(name="export")
def write_model(target: Path, work: Work = _WORK, start: Start = _PACKAGED, share: float = 1.0) -> None:
    """Write the trained model as a sentence-transformers folder.

    With a share below 1 the weights are that share of the trained ones, the rest of what token vectors alone give.
    """
    folder = WorkFolder(work)
    model: Qwen3Model = _start_model(folder, start)
    trained = torch.load(folder.order, weights_only=True, map_location="cpu")["model"]
    weights = {name: tensor.lerp(trained[name], share) for name, tensor in model.state_dict().items()}
    model.load_state_dict(weights)
    size = export.export_model(model, start, target)
    typer.echo(f"{target}: {size / 1e6:.1f} MB")


@app.command()
def measure_baselines(work: Work = _WORK, site_packages: SitePackages = _SITE_PACKAGES, sets: str = "") -> None:
    """Measure BM25 and the teachers alone and keep their scores for `evaluate`."""
    folder = WorkFolder(work)
    names = tuple(filter(None, sets.split(",")))
    found = benchmark.load_benchmark(folder.unpacked, folder.repositories, site_packages, folder.development, names)
    evaluate.baselines(found, folder.root / "baselines", measured_only=False)


@app.command(name="evaluate")
def measure(  # noqa: PLR0913, PLR0917 - a command has as many options as it has
    model: Path,
    work: Work = _WORK,
    before: Annotated[Path | None, typer.Option(help="Folder of the version to compare with.")] = None,
    site_packages: SitePackages = _SITE_PACKAGES,
    sets: Annotated[str, typer.Option(help="Beginnings of the names of the sets, by commas; all without.")] = "",
    json_file: Annotated[Path | None, typer.Option("--json", help="Also write the figures here.")] = None,
    page: Annotated[Path | None, typer.Option(help="Also write the tables into this page's block `figures`.")] = None,
    *,
    teachers: bool = True,
) -> None:
    """Print the model's figures beside BM25's, the teachers' and an earlier version's, as Markdown."""
    folder = WorkFolder(work)
    names = tuple(filter(None, sets.split(",")))
    found = benchmark.load_benchmark(folder.unpacked, folder.repositories, site_packages, folder.development, names)
    figures = evaluate.baselines(found, folder.root / "baselines", measured_only=not teachers)
    if before is not None:
        figures["before"] = evaluate.model_figures(before, found, folder.root / "baselines")
    figures["tiny"] = evaluate.model_figures(model, found, folder.root / "baselines")
    tables = report.markdown(figures, "tiny", "before")
    typer.echo(tables)
    if page is not None:
        replace_block(page, "figures", tables)
    if json_file is not None:
        json_file.write_text(report.as_json(figures) + "\n", "utf-8")


@app.command()
def sources(page: Path, work: Work = _WORK) -> None:
    """Write the table of sources, licences and counts into a page's block `sources`."""
    replace_block(page, "sources", report.source_table(_texts(WorkFolder(work))))


def _start_model(folder: WorkFolder, start: Path) -> Qwen3Model:
    torch.manual_seed(0)
    return build_model(AutoTokenizer.from_pretrained(start), load_file(folder.token_vectors)["token_vectors"])


def _development(folder: WorkFolder, site_packages: Path) -> DevelopmentSets:
    found = [evalsets.load_perlfaq(folder.unpacked)]
    if folder.development.exists():
        found.append(load_development(folder.development))
    return small(load_development_sets(folder.repositories, site_packages, found))


def _texts(folder: WorkFolder) -> Iterator[TrainingText]:
    for path in sorted(folder.texts.glob("*.jsonl")):
        yield from corpus.read_corpus(path)


def _tokenizer(model: Path) -> Tokenizer:
    return Tokenizer.from_file(str(model / "tokenizer.json"))


if __name__ == "__main__":
    app()
