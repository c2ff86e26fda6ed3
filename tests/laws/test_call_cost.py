"""What a query costs beside the model: Python calls, counted by the interpreter."""

import sys

from qwen3_embed_integrations.langchain import Qwen3Embeddings

MOST_CALLS = 150


def python_calls(function):
    """Return how many Python functions the calling thread enters, and their files."""
    calls, files = 0, set()

    def count(frame, event, _):
        nonlocal calls
        if event == "call":
            calls += 1
            files.add(frame.f_code.co_filename)

    sys.setprofile(count)
    try:
        function()
    finally:
        sys.setprofile(None)
    return calls, {name for name in files if "qwen3_embed_integrations" in name}


def test_a_query_costs_few_python_calls(checkpoint):
    embeddings = Qwen3Embeddings(model=str(checkpoint))
    embeddings.embed_query("warm")
    calls, files = python_calls(lambda: embeddings.embed_query("Where is Paris?"))
    assert calls <= MOST_CALLS, f"{calls} calls in {len(files)} files"
