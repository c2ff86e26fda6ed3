import numpy as np
import pandas as pd
import pytest

from qwen3_embed_integrations import InputTypeError
from qwen3_embed_integrations.core.inputs import checked_text, checked_texts, encodable, without_repeats

TEXTS = ["one", "two", "one"]


@pytest.mark.parametrize(
    "given",
    [
        TEXTS,
        tuple(TEXTS),
        np.array(TEXTS),
        np.array(TEXTS, dtype=object),
        pd.Series(TEXTS, index=[7, 8, 9]),
        pd.Series(TEXTS, dtype="string"),
        (text for text in TEXTS),
        dict(enumerate(TEXTS)).values(),
    ],
    ids=lambda given: type(given).__name__,
)
def test_any_ordered_iterable_of_str_is_texts(given):
    found = checked_texts(given)
    assert found == TEXTS
    assert all(isinstance(text, str) for text in found)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("one", "found str"),
        (b"one", "found bytes"),
        (None, "found NoneType"),
        (3, "found int"),
        ({"one": 1}, "found dict"),
        ({"one"}, "found set"),
        (np.array([["one"]]), "found ndarray of 2 axes"),
        (np.array("one"), "found ndarray of 0 axes"),
        (pd.DataFrame({"text": TEXTS}), "found DataFrame of 2 axes"),
        (["one", None], "Document 1 is NoneType"),
        (pd.Series(["one", float("nan")], dtype=object), "Document 1 is float"),
    ],
    ids=repr,
)
def test_what_is_no_list_of_str_is_refused_by_name(given, found):
    with pytest.raises(InputTypeError, match=found):
        checked_texts(given, "document")


def test_one_text_is_a_str():
    assert checked_text("one") == "one"
    with pytest.raises(InputTypeError, match=r"The query is int, expected str\. Do this\."):
        checked_text(3, "query", "Do this.")


def test_repeats_are_found_again_by_their_index():
    once, inverse = without_repeats(TEXTS)
    assert [once[index] for index in inverse] == TEXTS
    assert len(once) == 2


def test_a_lone_surrogate_is_read_as_the_replacement_character():
    assert encodable("a\udc00b") == "a\ufffdb"
    assert encodable("😀") == "😀"
