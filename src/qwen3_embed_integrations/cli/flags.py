"""The fields of a model as a command's options: an option is declared once, the flag follows."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

import typer
from pydantic import BaseModel, SecretStr, ValidationError

from qwen3_embed_integrations import ConfigError, EncoderConfig

_Model = TypeVar("_Model", bound=BaseModel)
_PANELS: dict[type[BaseModel], str] = {EncoderConfig: "Encoder"}
_NAMES: dict[type, str] = {Path: "<path>"}

Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


def options_of(
    *models: type[BaseModel], only: Collection[str] | None = None, **defaults: Any
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Gives a decorator that declares the fields of `models` as a command's options.

    The command is called with one instance of each model. Secrets are no options: every process can see them.

    Args:
        *models: Whose fields become flags, in this order; a field marked `argument` becomes the command's argument.
        only: Of EncoderConfig, the options that mean something to this command; None: all.
        **defaults: Other defaults than the models' own, for this command.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        def called(*, debug: bool, **values: Any) -> None:
            del debug  # `main` has seen it
            command(*(_built(model, values) for model in models))

        called.__name__, called.__doc__ = command.__name__, command.__doc__
        parameters = [flag for model in models for flag in _flags(model, defaults, only)]
        parameters.append(_parameter("debug", Debug, False))  # noqa: FBT003 - its default
        called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # read by typer
        return called

    return decorate


def _flags(
    model: type[BaseModel], defaults: dict[str, Any], only: Collection[str] | None
) -> Iterator[inspect.Parameter]:
    for name, field in model.model_fields.items():
        kind: Any = field.annotation
        is_left_out = model is EncoderConfig and only is not None and name not in only
        if is_left_out or kind is None or SecretStr in (kind, *get_args(kind)):
            continue
        kind, shown, choices = _as_flag(kind)
        default = defaults.get(name, field.default)
        extra = field.json_schema_extra
        if isinstance(extra, dict) and extra.get("argument"):
            yield _parameter(name, Annotated[kind, typer.Argument(help=field.description)], ...)
            continue
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
    if get_origin(kind) is tuple:
        element = get_args(kind)[0]
        return (list[int], "<number>", "") if element is int else (list[str], _NAMES.get(element, "<text>"), "")
    if kind is Path or Path in get_args(kind):
        return str | None, "<path>", ""
    for part in (kind, *get_args(kind)):
        if get_origin(part) is Literal:
            return kind, "<name>", f"({', '.join(get_args(part))})"
    return kind, None, ""


def _parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    if default is ...:  # an argument that must be given
        default = inspect.Parameter.empty
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _built(model: type[_Model], values: dict[str, Any]) -> _Model:
    """Makes a model of those values that are not its defaults."""
    fields = model.model_fields
    given = {name: values[name] for name in fields if name in values and values[name] != fields[name].default}
    try:
        return model(**given)
    except ValidationError as error:
        raise ConfigError("; ".join(map(_flag_error, error.errors()))) from error


def _flag_error(problem: Mapping[str, Any]) -> str:
    message = problem["msg"].removeprefix("Value error, ")
    return f"{_flag(str(problem['loc'][0]))} {problem['input']}: {message}"
