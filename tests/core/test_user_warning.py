import warnings

from qwen3_embed_integrations.core.user_warning import warn_user


def test_a_warning_points_outside_the_package():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_user("careful", UserWarning)
    (warning,) = caught
    assert (str(warning.message), warning.category, warning.filename) == ("careful", UserWarning, __file__)
