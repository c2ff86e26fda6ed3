"""Every client's field for queries and documents means one role and one task."""

import pytest

from qwen3_embed_integrations import TASKS
from qwen3_embed_integrations.server.errors import ApiError
from qwen3_embed_integrations.server.roles import INPUT_TYPES, JINA_TASKS, Prompting, prompting_of

QUERY, DOCUMENT = Prompting("query"), Prompting("document")


def test_documents_by_default():
    assert prompting_of() == DOCUMENT


@pytest.mark.parametrize("value", ["query", "search_query"])
def test_queries(value):
    assert prompting_of(input_type=value) == prompting_of(prompt_name=value) == QUERY


def test_every_task_of_the_tables_is_a_preset():
    used = {one.task for one in (*INPUT_TYPES.values(), *JINA_TASKS.values()) if one.task}
    assert used <= set(TASKS)


def test_fields_that_agree_are_one():
    assert prompting_of(suffix=QUERY, input_type="query", task="qa") == Prompting("query", "qa")


@pytest.mark.parametrize(
    "fields",
    [
        {"suffix": QUERY, "input_type": "document"},
        {"input_type": "document", "instruction": "Find the answer"},
        {"input_type": "clustering", "task": "sts"},
        {"task": "retrieval.passage", "prompt_name": "query"},
    ],
)
def test_fields_that_contradict_each_other_are_refused(fields):
    with pytest.raises(ApiError, match="contradict each other"):
        prompting_of(**fields)
