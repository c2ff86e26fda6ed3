import warnings

import pytest

from qwen3_embed_integrations.core.user_warning import warn_user


def test_a_warning_points_outside_the_package():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_user("careful", UserWarning)
    (warning,) = caught
    assert (str(warning.message), warning.category, warning.filename) == ("careful", UserWarning, __file__)


def test_a_warning_acts_on_no_terminal():
    with pytest.warns(UserWarning, match=r"^tensor \\x1b\[2J of \\u202e\nand more$"):
        warn_user("tensor \x1b[2J of \u202e\nand more", UserWarning)
