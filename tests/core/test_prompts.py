import pytest

from qwen3_embed_integrations import TASKS, ConfigError
from qwen3_embed_integrations.core.prompts import find_task, query_prompt


def test_the_query_prompt_is_the_official_template_without_a_space_after_query():
    # source: QwenLM/Qwen3-Embedding, examples/qwen3_embedding_transformers.py
    web = TASKS["web"].instruction
    assert query_prompt(web) == (
        "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:"
    )


@pytest.mark.parametrize(
    ("name", "instruction"),
    [
        ("code", "Given a question about coding, retrieval code or passage that can solve user's question"),
        ("code2code", "Given a piece for code, retrieval semantically similar code"),
        ("sts", "Retrieve semantically similar text"),
        ("bitext", "Retrieve parallel sentences"),
        ("scientific", "Given a scientific claim, retrieve documents that support or refute the claim"),
    ],
)
def test_presets_are_verbatim_with_their_grammar_slips(name, instruction):
    assert find_task(name).instruction == instruction


def test_names_are_unique_and_every_named_task_of_the_issue_exists():
    wanted = (
        "web qa code code2code sql scientific financial medical legal ecommerce duplicates sts bitext "
        "classification clustering"
    )
    assert set(wanted.split()) <= set(TASKS)
    assert all(task.name == name for name, task in TASKS.items())


def test_symmetric_tasks_say_so():
    symmetric = {name for name, task in TASKS.items() if task.symmetric}
    assert {"sts", "bitext", "duplicates", "clustering", "classification"} <= symmetric
    assert not {"web", "qa", "code", "sql"} & symmetric


def test_free_text_is_a_task():
    assert find_task("Find the poem that this line is from").instruction == "Find the poem that this line is from"


@pytest.mark.parametrize("name", ["cod", "", " ", "Web", "zzz"])
def test_a_single_unknown_word_is_refused(name):
    with pytest.raises(ConfigError, match="Unknown task"):
        find_task(name)


@pytest.mark.parametrize(
    "task", ["Instruct: Find the proof\nQuery:", " Instruct: Find the proof", "Find the proof\nQuery: "]
)
def test_a_whole_prompt_is_refused_as_a_task(task):
    with pytest.raises(ConfigError, match="instruction alone"):
        find_task(task)
