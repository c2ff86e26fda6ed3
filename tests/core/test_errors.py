import pickle

import pytest

from qwen3_embed_integrations.core import errors
from qwen3_embed_integrations.core.errors import (
    ConfigError,
    PartialWriteError,
    Qwen3EmbedError,
    copy_exception,
    did_you_mean,
    missing_extra,
)

CLASSES = [
    cls for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, Qwen3EmbedError)
]  # fmt: skip


@pytest.mark.parametrize("cls", [cls for cls in CLASSES if cls not in (Qwen3EmbedError, errors.RemoteError)])
def test_every_error_also_is_a_builtin_that_callers_know(cls):
    builtins = {base.__name__ for base in cls.__mro__ if base.__module__ == "builtins"}
    assert builtins - {"Exception", "BaseException", "object"}


@pytest.mark.parametrize("cls", CLASSES)
def test_the_tree_of_the_docstring_names_every_error(cls):
    assert cls.__name__ in errors.__doc__


@pytest.mark.parametrize("cls", CLASSES)
def test_no_message_acts_on_a_terminal(cls):
    told = "config.json of \x1b]0;x\x07 says \x9b2J \u202e\n\tand more"
    error = cls(told, 1) if cls is PartialWriteError else cls(told)
    assert str(error) == "config.json of \\x1b]0;x\\x07 says \\x9b2J \\u202e\n\tand more"
    assert str(cls(*error.args, *([1] if cls is PartialWriteError else []))) == str(error)
    assert not set(f"{error!r}{error.args}") & set("\x1b\x07\x9b\u202e")


def test_an_error_survives_pickling():
    error = pickle.loads(pickle.dumps(errors.ModelNotFoundError("no \x1b[2J folder")))  # noqa: S301 - our own bytes
    assert (type(error), str(error)) == (errors.ModelNotFoundError, r"no \x1b[2J folder")


def test_a_missing_extra_names_the_command_that_installs_it():
    error = missing_extra("peft", "lora")
    assert isinstance(error, ImportError)
    assert 'pip install "qwen3-embed-integrations[lora]"' in str(error)


def test_the_closest_known_name_is_suggested_and_a_distant_one_is_not():
    assert did_you_mean("dimenson", ["dimension", "model"]) == " Did you mean 'dimension'?"
    assert did_you_mean("zzz", ["dimension", "model"]) == ""


def test_a_copy_has_type_message_and_notes_and_its_original_as_cause():
    error = ConfigError("wrong")
    error.add_note("more")
    made = copy_exception(error)
    assert (type(made), str(made), made.__cause__) == (ConfigError, "wrong", error)
    made.add_note("mine")
    assert error.__notes__ == ["more"]


def test_an_error_that_can_not_be_copied_is_returned_itself():
    class TwoArgumentsError(Exception):
        def __init__(self, a, b):
            super().__init__(f"{a} {b}")

    error = TwoArgumentsError(1, 2)
    assert copy_exception(error) is error
    partial = PartialWriteError("half", 3)
    assert copy_exception(partial) is partial  # its constructor takes more than its message


def test_a_simple_error_survives_a_pickle():
    assert str(pickle.loads(pickle.dumps(ConfigError("wrong")))) == "wrong"  # noqa: S301 - written above
