"""Options → flags: cyclopts reads the pydantic models; this module arranges their fields as `arrangement` says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from cyclopts import App, Group, Parameter
from cyclopts.argument import Argument, ArgumentCollection
from cyclopts.token import Token
from pydantic import SecretStr

from .arrangement import COMMANDS, FLAG_NAMES, PANELS, SHORT_FLAGS, Arrangement

FLAGS = Parameter(name="*", allow_repeating=True)
"""Annotation of a command's parameter whose fields become flags: `options: Annotated[RagOptions, FLAGS]`.

Of an option that is repeated the last value counts, as in an alias with options of its own.
"""

_NONE = Arrangement((), defaults={})
_OPTION_NAME = re.compile(r"`(\w+)`|\b([a-z]+(?:_[a-z]+)+)\b")


class CommandLine(App):
    """A cyclopts app that arranges the fields of pydantic models: panels, short flags, defaults, no secrets."""

    def assemble_argument_collection(self, **settings: Any) -> ArgumentCollection:
        """Return the command's arguments, the common ones first; options that hold secrets are left out."""
        arrangement = COMMANDS.get(self.name[0], _NONE)
        arguments = super().assemble_argument_collection(**settings)
        kept = [one for one in arguments if not one.keys or _is_offered(one, arrangement)]
        names = {_name(one) for one in kept if one.keys}
        for argument in kept:
            if argument.keys:
                _arrange(argument, arrangement, names)
        arguments[:] = sorted(kept, key=lambda one: _rank(one, arrangement.common))
        return arguments


def fill_in_defaults(app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Set a command's own defaults where the user gave nothing; cyclopts calls it before it converts values."""
    del app
    arrangement = COMMANDS.get(commands[-1], _NONE) if commands else _NONE
    by_name = {_name(one): one for one in arguments if one.keys}
    given = {name for name, one in by_name.items() if one.tokens}
    implied = dict(arrangement.implied[name] for name in given & arrangement.implied.keys())
    for name, value in {**arrangement.defaults, **implied}.items():
        if name in by_name.keys() - given:
            by_name[name].append(Token(keyword=flag(name), value=value, source="default"))


def flag(name: str) -> str:
    """Return the flag of an option: "top_k" → "--top-k"."""
    return FLAG_NAMES.get(name, f"--{name.replace('_', '-')}")


def _name(argument: Argument) -> str:
    return argument.keys[-1]


def _rank(argument: Argument, common: tuple[str, ...]) -> int:
    """Return a sort key: the common options in their order, all others as they are declared."""
    return common.index(_name(argument)) if argument.keys and _name(argument) in common else len(common)


def _is_offered(argument: Argument, arrangement: Arrangement) -> bool:
    """Tell whether a field becomes a flag. A secret does not: every process can read command lines."""
    is_secret = SecretStr in (argument.hint, *get_args(argument.hint))
    return not is_secret and not {_name(argument), _title(_name(argument))} & set(arrangement.left_out)


def _arrange(argument: Argument, arrangement: Arrangement, names: set[str]) -> None:
    name, hint = _name(argument), argument.hint
    default = arrangement.defaults.get(name, argument.field_info.default)
    can_be_negated = set(get_args(hint)) == {bool, type(None)}  # yes, no, or left open
    argument.parameter = Parameter.combine(
        argument.parameter,
        Parameter(
            name=tuple(filter(None, (flag(name), SHORT_FLAGS.get(name)))),
            group=_panel(name, arrangement.common),
            negative=f"--no-{flag(name)[2:]}" if can_be_negated else (),
            metavar=_metavar(hint),
            allow_leading_hyphen=bool({str, Path} & set(_types(hint))),
            show_default=_shown_default(default),
            help=_help(argument.field_info.help or "", names),
        ),
    )


def _title(name: str) -> str:
    return next((title for title, names in PANELS.items() if name in names), "More options")


def _panel(name: str, common: tuple[str, ...]) -> Group:
    if name in common:
        return Group("Options", sort_key=0)
    title = _title(name)
    return Group(title, sort_key=1 + [*PANELS, title].index(title))


def _help(text: str, names: set[str]) -> str:
    """Write an option's description for the command line: other options by their flags, None as the default."""
    text = _OPTION_NAME.sub(lambda found: flag(found[1] or found[2]) if set(found.groups()) & names else found[0], text)
    return text.replace("; None: ", "; default: ").replace("None: ", "Default: ")


def _types(hint: Any) -> tuple[Any, ...]:
    """Return the types that a value may have: of tuples those of an element, of unions all but None."""
    parts = (hint,) if get_origin(hint) in (tuple, Literal, None) else get_args(hint)
    return tuple(get_args(part)[0] if get_origin(part) is tuple else part for part in parts if part is not type(None))


def _metavar(hint: Any) -> str | None:
    types = _types(hint)
    if bool in types:
        return None
    if any(get_origin(one) is Literal for one in types):
        return "NAME"
    return "PATH" if Path in types else "NUMBER" if types and set(types) <= {int, float} else "TEXT"


def _shown_default(default: Any) -> bool | str:
    """Return what the help shows as the default: nothing for None, for off and for no values."""
    if default is None or default is False or default == ():
        return False
    return " ".join(map(str, default)) if isinstance(default, tuple) else str(default)
