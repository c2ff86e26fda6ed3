"""The command `qwen3-embed`: the commands, and how an error ends the process.

A new command is a function under `@app.command`, whose parameters are pydantic models: their fields become flags.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any, NoReturn

from cyclopts import Parameter

from qwen3_embed_integrations import EncoderConfig, TruncationWarning, __version__
from qwen3_embed_integrations.bulk import BulkOptions
from qwen3_embed_integrations.core.errors import EXIT_INTERRUPTED
from qwen3_embed_integrations.export import ExportOptions
from qwen3_embed_integrations.rag import CalibrateOptions, RagOptions, run_rag
from qwen3_embed_integrations.server import ServeOptions, run_serve
from qwen3_embed_integrations.training import TrainingOptions
from qwen3_embed_integrations.training import train as run_training

from .bulk import run_embed
from .calibrate import run as run_calibrate
from .chunk_study import ChunkStudyOptions, run_chunk_study
from .doctor import DoctorOptions, run_doctor
from .errors import WRONG_USAGE, fail, fail_with, note
from .evaluate import EvalOptions, run_eval
from .export import run as run_export
from .models import ModelsOptions, run_models
from .parser import FLAGS, CommandLine, fill_in_defaults
from .similarity import SimilarityOptions, run_similarity
from .tables import show_metrics

_KEPT = {
    "chunk-study": "What is embedded is kept: run the same command again to continue.",
    "embed": "What is embedded is kept: run the same command again to continue.",
    "rag": "What is embedded is kept: run the same command again to continue.",
    "train": "The last checkpoint is kept: run the same command again to continue.",
}
"""What an interrupted command has saved, by its name."""

_EPILOGUE = "With --debug any command shows the traceback of an error."

app = CommandLine(
    name="qwen3-embed",
    help="Qwen3-Embedding on the command line.",
    help_format="plaintext",
    help_epilogue=_EPILOGUE,
    version=f"qwen3-embed {__version__}",
    config=[fill_in_defaults],
    suppress_keyboard_interrupt=False,
)
app.register_install_completion_command()


@app.command(help_epilogue=_EPILOGUE)
def rag(
    *, options: Annotated[RagOptions, FLAGS] = RagOptions(), config: Annotated[EncoderConfig, FLAGS] = EncoderConfig()
) -> None:
    """Answer questions from documents: index them in Chroma once, then find, show and cite passages."""
    run_rag(config, options)


@app.command(help_epilogue=_EPILOGUE)
def calibrate(
    *,
    options: Annotated[CalibrateOptions, FLAGS] = CalibrateOptions(),
    rag: Annotated[RagOptions, FLAGS] = RagOptions(),
    config: Annotated[EncoderConfig, FLAGS] = EncoderConfig(),
) -> None:
    """Measure when `rag` should say that it found nothing, on questions with and without an answer."""
    run_calibrate(config, rag, options)


@app.command(help_epilogue=_EPILOGUE)
def doctor(
    *,
    options: Annotated[DoctorOptions, FLAGS] = DoctorOptions(),
    config: Annotated[EncoderConfig, FLAGS] = EncoderConfig(),
) -> int:
    """Check this machine or, with --base-url, what an embedding server really does."""
    return run_doctor(config, options)


@app.command(help_epilogue=_EPILOGUE)
def similarity(
    *texts: Annotated[str, Parameter(help="The texts.", negative=())],
    options: Annotated[SimilarityOptions, FLAGS] = SimilarityOptions(),
    config: Annotated[EncoderConfig, FLAGS] = EncoderConfig(),
) -> None:
    """Show how similar texts are to each other, or queries to texts, as a matrix of cosines."""
    run_similarity(texts, config, options)


@app.command(help_epilogue=_EPILOGUE)
def models(*, options: Annotated[ModelsOptions, FLAGS] = ModelsOptions()) -> None:
    """List the models: size, dimension, memory, licence, and which of them are on this machine."""
    run_models(options)


@app.command(help_epilogue=_EPILOGUE)
def eval_(
    *, options: Annotated[EvalOptions, FLAGS] = EvalOptions(), config: Annotated[EncoderConfig, FLAGS] = EncoderConfig()
) -> None:
    """Measure a model on your own queries and relevance judgements, at several dimensions."""
    run_eval(config, options)


@app.command(help_epilogue=_EPILOGUE)
def chunk_study(
    docs: Annotated[Path, Parameter(help="Folder (or file) of documents.", negative=())],
    *,
    options: Annotated[ChunkStudyOptions, FLAGS] = ChunkStudyOptions(),
    config: Annotated[EncoderConfig, FLAGS] = EncoderConfig(),
) -> None:
    """Find the length and borders of chunks that answer your own judged questions best."""
    run_chunk_study(docs, config, options)


@app.command(help_epilogue=_EPILOGUE)
def embed(
    *inputs: Annotated[str, Parameter(help='Files or folders; "-": JSON lines on standard input.', negative=())],
    options: Annotated[BulkOptions, FLAGS] = BulkOptions(),
    config: Annotated[EncoderConfig, FLAGS] = EncoderConfig(),
) -> None:
    """Embed the texts of files into a folder of Parquet shards; run it again to continue."""
    run_embed(inputs, config, options)


@app.command(help_epilogue=_EPILOGUE)
def serve(
    *,
    options: Annotated[ServeOptions, FLAGS] = ServeOptions(),
    config: Annotated[EncoderConfig, FLAGS] = EncoderConfig(),
) -> None:
    """Serve embeddings and reranking over HTTP, in the formats of OpenAI, Cohere and text-embeddings-inference."""
    run_serve(config, options)


@app.command(help_epilogue=_EPILOGUE)
def train(
    *,
    options: Annotated[TrainingOptions, FLAGS] = TrainingOptions(),
    config: Annotated[EncoderConfig, FLAGS] = EncoderConfig(),
) -> None:
    """Fine-tune a model on your own texts, and measure it before and after."""
    report = run_training(config, options)
    if report.after:
        show_metrics(report.series())
    for text in report.notes:
        note(text)
    print(f"{report.output}: trained on {report.n_train:,} records in {report.n_steps:,} steps.")  # noqa: T201 - output


@app.command(help_epilogue=_EPILOGUE)
def export(
    *,
    options: Annotated[ExportOptions, FLAGS] = ExportOptions(),
    config: Annotated[EncoderConfig, FLAGS] = EncoderConfig(),
) -> None:
    """Write a model as an ONNX graph, which --backend onnx runs without PyTorch."""
    run_export(config, options)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and end the process: 0 done, 1 refused, 2 wrong usage, 130 interrupted."""
    # OpenMP reads it when torch loads. Its threads spin while they wait, which on two busy cores made a pass
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
    rest, debug = _without_debug(arguments)
    try:
        result: Any = app(rest, exit_on_error=False, print_error=False, verbose=False, result_action="return_value")
    except KeyboardInterrupt:
        return fail(f"Interrupted. {_KEPT.get(rest[0], '') if rest else ''}", EXIT_INTERRUPTED)
    except Exception as error:
        if debug:
            raise
        return fail_with(error)
    if not rest:  # no command at all: the help was shown
        return WRONG_USAGE
    return int(result or 0)


def _without_debug(arguments: list[str]) -> tuple[list[str], bool]:
    """Take the flag --debug, which every command has, out of the arguments before "--"."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    flags = [one for one in arguments[:end] if one != "--debug"]
    return [*flags, *arguments[end:]], len(flags) < end


def _quiet_warnings() -> None:
    """Hide the warnings of frameworks, which are for their developers; show our own as one line."""
    warnings.simplefilter("ignore")
    warnings.simplefilter("always", TruncationWarning)
    warnings.showwarning = lambda message, *_, **__: note(str(message))
