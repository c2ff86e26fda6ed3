"""The command `qwen3-embed`: parses, hands over, and turns every error into one line.

A new sub-command is a function under `@app.command()`; `options_of` gives it the options of any model.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from io import TextIOWrapper
from typing import Annotated, NoReturn

import typer
from pydantic import BaseModel, Field
from rich.console import Console

from qwen3_embed_integrations import EncoderConfig, Qwen3EmbedError, TruncationWarning, __version__
from qwen3_embed_integrations.backends.registry import report_plan
from qwen3_embed_integrations.core.catalog import TINY
from qwen3_embed_integrations.core.errors import EXIT_INTERRUPTED, missing_extra
from qwen3_embed_integrations.evaluation import terminal_table
from qwen3_embed_integrations.rag import RagOptions, run_rag
from qwen3_embed_integrations.training import TrainingOptions
from qwen3_embed_integrations.training import train as run_training

from .evaluate import EvalOptions, run_eval
from .flags import Debug, options_of
from .models import ModelsOptions, run_models
from .similarity import SimilarityOptions, run_similarity

_WHERE = ("model", "revision", "cache_folder", "local_files_only", "device")

app = typer.Typer(name="qwen3-embed", no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)


@app.callback(invoke_without_command=True)
def _root(
    *,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
    debug: Debug = False,
) -> None:
    """Qwen3-Embedding on the command line."""
    del debug
    if version:
        typer.echo(f"qwen3-embed {__version__}")
        raise typer.Exit


@app.command()
@options_of(RagOptions, EncoderConfig, model=TINY)
def rag(options: RagOptions, config: EncoderConfig) -> None:
    """Answer questions from documents: index them in Chroma once, then find, show and cite passages."""
    run_rag(config, options)


class DoctorOptions(BaseModel):
    """What the command `doctor` takes beside the encoder's options."""

    local: str | None = Field(None, description="The same model on this machine, to compare embeddings with.")


@app.command()
@options_of(DoctorOptions, EncoderConfig, backend="remote")
def doctor(options: DoctorOptions, config: EncoderConfig) -> None:
    """Ask an embedding server what it really does; with --backend torch: show how this machine computes a model."""
    if config.backend == "torch":
        for name, found in report_plan(config):
            typer.echo(f"{name:<10} {found}")
        return
    try:
        from .doctor import diagnose
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "httpx", "remote") from error
    checks = diagnose(config, EncoderConfig(model=options.local) if options.local else None)
    for check in checks:
        typer.echo(f"{check.outcome:<8} {check.name}: {check.found}")
    if any(check.outcome == "failure" for check in checks):
        raise typer.Exit(1)


@app.command()
@options_of(SimilarityOptions, EncoderConfig, model=TINY)
def similarity(options: SimilarityOptions, config: EncoderConfig) -> None:
    """Show how similar texts are to each other, or queries to texts, as a matrix of cosines."""
    run_similarity(config, options)


@app.command()
@options_of(ModelsOptions)
def models(options: ModelsOptions) -> None:
    """List the models: size, dimension, memory, licence, and what is on this machine already."""
    run_models(options)


@app.command(name="eval")
@options_of(EvalOptions, EncoderConfig, model=TINY)
def evaluate(options: EvalOptions, config: EncoderConfig) -> None:
    """Measure a model on queries and judgements of your own, at several dimensions."""
    run_eval(config, options)


@app.command()
@options_of(TrainingOptions, EncoderConfig, only=(*_WHERE, "task", "document_task"), model=TINY)
def train(options: TrainingOptions, config: EncoderConfig) -> None:
    """Fine-tune a model on texts of your own, and measure it before and after."""
    report = run_training(config, options)
    if report.after:
        Console().print(terminal_table(report.series()))
    for note in report.notes:
        typer.echo(f"qwen3-embed: {note}", err=True)
    typer.echo(f"{report.output}: trained on {report.n_train:,} records in {report.n_steps:,} steps.")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs the command and ends the process: 0 done, 1 refused, 2 wrong usage, 130 interrupted."""
    # Read by OpenMP when torch loads. Its threads spin while they wait, which on two busy cores made a pass
    # over 2,000 short texts take 18.5 s instead of 1.9 s.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that lacks a character gets "?" for it
            stream.reconfigure(errors="replace")
    given = list(sys.argv[1:] if arguments is None else arguments)
    with warnings.catch_warnings():
        _quiet_warnings()
        sys.exit(_exit_code(given))


def _exit_code(arguments: list[str]) -> int:
    try:
        code = int(app(arguments, prog_name="qwen3-embed", standalone_mode=False) or 0)
    except typer.TyperException as error:
        if not error.format_message():  # no command at all: the help was shown
            return error.exit_code
        return _fail(f"{error.format_message()} (qwen3-embed --help lists what there is)", error.exit_code)
    except Exception as error:
        if "--debug" in arguments:
            raise
        if isinstance(error, Qwen3EmbedError):
            return _fail(str(error), 1)
        return _fail(f"{type(error).__name__}: {error} (add --debug to see where it comes from)", 1)
    if code == EXIT_INTERRUPTED:  # typer has caught Ctrl-C
        return _fail("Interrupted. What is done is kept: run the same command again to go on.", code)
    return code


def _fail(message: str, code: int) -> int:
    typer.echo(f"qwen3-embed: {' '.join(message.split())}", err=True)
    return code


def _quiet_warnings() -> None:
    """Leaves frameworks' warnings to their developers; shows ours as one line."""
    warnings.simplefilter("ignore")
    warnings.simplefilter("always", TruncationWarning)
    warnings.showwarning = lambda message, *_, **__: typer.echo(f"qwen3-embed: {message}", err=True)
