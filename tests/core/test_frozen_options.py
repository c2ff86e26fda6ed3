import pickle
from functools import cached_property

import pytest

from qwen3_embed_integrations import ConfigError
from qwen3_embed_integrations.core.frozen_options import FrozenOptions


class Options(FrozenOptions):
    size: int = 1
    name: str = "a"

    @cached_property
    def doubled(self):
        return 2 * self.size


def test_options_never_change_and_equal_ones_are_one_key():
    options = Options(size=3)
    with pytest.raises(ValueError, match="frozen"):
        options.size = 4
    assert {options: "kept"}[Options(size=3)] == "kept"


def test_an_unknown_option_or_a_wrong_type_is_a_config_error():
    with pytest.raises(ConfigError, match=r"Unknown option 'sise'\. Did you mean 'size'"):
        Options(sise=3)
    with pytest.raises(ConfigError, match="size='x'"):
        Options(size="x")


def test_the_stored_form_holds_what_differs_from_the_defaults():
    assert Options(size=3).to_options() == {"size": 3}
    assert Options.from_options({"size": 3}) == Options(size=3)
    assert pickle.loads(pickle.dumps(Options(size=3))) == Options(size=3)  # noqa: S301 - our own pickle


def test_a_changed_copy_is_checked_like_a_new_one():
    assert Options(size=3).replace(name="b") == Options(size=3, name="b")
    with pytest.raises(ConfigError, match="size='x'"):
        Options(size=3).replace(size="x")


def test_a_copy_derives_anew_what_was_derived():
    options = Options(size=3)
    assert options.doubled == 6
    assert options.model_copy(update={"size": 5}).doubled == 10
    assert options.doubled == 6
