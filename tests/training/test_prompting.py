"""A run's prompts are those that the encoder uses for the same tasks."""

import pytest

from checkpoints import WEB_PROMPT
from qwen3_embed_integrations import DataFileError, EncoderConfig
from qwen3_embed_integrations.training.data import Example
from qwen3_embed_integrations.training.prompting import Prompting


@pytest.fixture
def prompting_of(checkpoint):
    def of(*tasks, task=None):
        examples = [Example(f"line {n}", f"q{n}", f"p{n}", task=name) for n, name in enumerate(tasks)]
        return Prompting.of(EncoderConfig(model=str(checkpoint), task=task), examples)

    return of


def test_without_tasks_the_models_own_prompts_are_kept(prompting_of):
    prompting = prompting_of("", "")
    assert prompting.stored() == {"query": WEB_PROMPT, "document": ""}
    assert prompting.by_task == {"": WEB_PROMPT}


def test_the_one_task_that_all_records_name_is_the_runs(prompting_of):
    prompting = prompting_of("code", "code")
    assert prompting.query == prompting_of("", task="code").query != WEB_PROMPT
    assert "coding" in prompting.query


def test_the_configs_task_is_stored_and_each_record_keeps_its_own(prompting_of):
    prompting = prompting_of("", "code", "Find the recipe", task="qa")
    assert prompting.query == prompting.by_task[""] == prompting_of("", task="qa").query
    assert prompting.by_task["code"] == prompting_of("", task="code").query
    assert prompting.by_task["Find the recipe"] == "Instruct: Find the recipe\nQuery:"


def test_a_symmetric_task_puts_its_prompt_before_every_column(prompting_of):
    symmetric, other = prompting_of("sts"), prompting_of("code")
    columns = ["query", "positive", "negative_0"]
    assert set(symmetric.of_columns("sts", columns).values()) == {symmetric.query}
    assert other.of_columns("code", columns) == {"query": other.query, "positive": "", "negative_0": ""}


def test_tasks_with_different_prompts_of_documents_are_refused(prompting_of):
    with pytest.raises(DataFileError, match=r"symmetric task 'sts'.*train them apart"):
        prompting_of("code", "sts")
