"""The command `qwen3-embed`: parses, hands over, and turns every error into one line.

A new sub-command is a function under `@app.command()`; `options_of` gives it the options of any model.
"""

from __future__ import annotations

import inspect
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

import typer
from pydantic import BaseModel, Field, SecretStr, ValidationError

from . import ConfigError, EncoderConfig, Qwen3EmbedError, TruncationWarning, __version__
from .backends import report_plan
from .core.errors import missing_extra
from .rag import RagOptions, run_rag

_Model = TypeVar("_Model", bound=BaseModel)
_PANELS: dict[type[BaseModel], str] = {EncoderConfig: "Encoder"}
_Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
_INTERRUPTED = 130

app = typer.Typer(name="qwen3-embed", no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)


def options_of(*models: type[BaseModel], **defaults: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Gives a decorator that declares the fields of `models` as a command's options.

    The command is called with one instance of each model. Secrets are no options: every process can see them.

    Args:
        *models: Whose fields become flags, in this order.
        **defaults: Other defaults than the models' own, for this command.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        def called(*, debug: bool, **values: Any) -> None:
            del debug  # `main` has seen it
            command(*(_built(model, values) for model in models))

        called.__name__, called.__doc__ = command.__name__, command.__doc__
        parameters = [flag for model in models for flag in _flags(model, defaults)]
        parameters.append(_parameter("debug", _Debug, False))  # noqa: FBT003 - its default
        called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # read by typer
        return called

    return decorate


def _flags(model: type[BaseModel], defaults: dict[str, Any]) -> Iterator[inspect.Parameter]:
    for name, field in model.model_fields.items():
        kind = field.annotation
        if kind is None or SecretStr in (kind, *get_args(kind)):
            continue
        kind, shown, choices = _as_flag(kind)
        default = defaults.get(name, field.default)
        names = _flag(name)
        if set(get_args(kind)) == {bool, type(None)}:  # yes, no, or as it comes
            names += f"/--no-{names[2:]}"
        text = " ".join(part for part in (field.description, choices) if part)
        option = typer.Option(names, help=text, metavar=shown, rich_help_panel=_PANELS.get(model))
        yield _parameter(name, Annotated[kind, option], list(default) if isinstance(default, tuple) else default)


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _as_flag(kind: Any) -> tuple[Any, str | None, str]:
    """Gives an option's type for typer, what the help calls it, and its choices.

    A path stays text until its model has seen it: typer takes "" for the current folder. Choices go into the
    help's text: in the column of types they leave no room for the flags' names.
    """
    if Path in get_args(kind):
        return str | None, "<path>", ""
    if get_origin(kind) is tuple:
        return list[str], "<text>", ""
    for part in (kind, *get_args(kind)):
        if get_origin(part) is Literal:
            return kind, "<name>", f"({', '.join(get_args(part))})"
    return kind, None, ""


def _parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _built(model: type[_Model], values: dict[str, Any]) -> _Model:
    """Makes a model of those values that are not its defaults."""
    fields = model.model_fields
    given = {name: values[name] for name in fields if name in values and values[name] != fields[name].default}
    try:
        return model(**given)
    except ValidationError as error:
        raise ConfigError("; ".join(map(_refused_flag, error.errors()))) from error


def _refused_flag(problem: Mapping[str, Any]) -> str:
    message = problem["msg"].removeprefix("Value error, ")
    return f"{_flag(str(problem['loc'][0]))} {problem['input']}: {message}"


@app.callback(invoke_without_command=True)
def _root(
    *,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
    debug: _Debug = False,
) -> None:
    """Qwen3-Embedding on the command line."""
    del debug
    if version:
        typer.echo(f"qwen3-embed {__version__}")
        raise typer.Exit


@app.command()
@options_of(RagOptions, EncoderConfig, model="tiny")
def rag(options: RagOptions, config: EncoderConfig) -> None:
    """Answer questions from documents: index them in Chroma once, then find, show and cite passages."""
    run_rag(config, options)


class DoctorOptions(BaseModel):
    """What the command `doctor` takes beside the encoder's options."""

    local: str | None = Field(None, description="The same model on this machine, to compare rows with.")


@app.command()
@options_of(DoctorOptions, EncoderConfig, backend="remote")
def doctor(options: DoctorOptions, config: EncoderConfig) -> None:
    """Ask an embedding server what it really does; with --backend torch: show how this machine computes a model."""
    if config.backend == "torch":
        for name, found in report_plan(config):
            typer.echo(f"{name:<10} {found}")
        return
    try:
        from .backends.remote.doctor import diagnose
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "httpx", "remote") from error
    checks = diagnose(config, EncoderConfig(model=options.local) if options.local else None)
    for check in checks:
        typer.echo(f"{check.outcome:<8} {check.name}: {check.found}")
    if any(check.outcome == "failure" for check in checks):
        raise typer.Exit(1)


def main(arguments: Sequence[str] | None = None) -> None:
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
        return _refuse(f"{error.format_message()} (qwen3-embed --help lists what there is)", error.exit_code)
    except Exception as error:
        if "--debug" in arguments:
            raise
        if isinstance(error, Qwen3EmbedError):
            return _refuse(str(error), 1)
        return _refuse(f"{type(error).__name__}: {error} (add --debug to see where it comes from)", 1)
    if code == _INTERRUPTED:  # typer has caught Ctrl-C
        return _refuse("Interrupted. What is done is kept: run the same command again to go on.", code)
    return code


def _refuse(message: str, code: int) -> int:
    typer.echo(f"qwen3-embed: {' '.join(message.split())}", err=True)
    return code


def _quiet_warnings() -> None:
    """Leaves frameworks' warnings to their developers; shows ours as one line."""
    warnings.simplefilter("ignore")
    warnings.simplefilter("always", TruncationWarning)
    warnings.showwarning = lambda message, *_, **__: typer.echo(f"qwen3-embed: {message}", err=True)
