"""What a query costs beside arithmetic: calls of this package in all threads, counted by the interpreter."""

import sys
import threading

from qwen3_embed_integrations.langchain import Qwen3Embeddings

MOST_CALLS = 150


class Calls:
    """Counts the package's functions that are entered, in this thread and in all that start while it is installed."""

    def __init__(self):
        self.counting = False
        self.found = []

    def __call__(self, frame, event, _):
        if self.counting and event == "call" and "qwen3_embed_integrations" in frame.f_code.co_filename:
            self.found.append((frame.f_code.co_filename, frame.f_code.co_qualname))


def calls_of_a_query(model):
    """Return the (file, function) of each call that `embed_query` makes with a loaded model and a known prompt."""
    calls = Calls()
    threading.setprofile(calls)  # before the model's threads start
    try:
        embeddings = Qwen3Embeddings(model=model)
        embeddings.encoder.unload()
        embeddings.embed_query("warm")
        sys.setprofile(calls)
        calls.counting = True
        embeddings.embed_query("Where is Paris?")
        calls.counting = False
        embeddings.encoder.unload()  # its threads count no more
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return calls.found


def test_a_query_costs_few_calls_in_few_files():
    calls = calls_of_a_query("tiny")
    threads_seen = {name.rpartition("/")[2] for name, _ in calls}
    assert {"embeddings.py", "batcher.py", "modeling_qwen3.py"} <= threads_seen  # the caller's and the model's threads
    assert len(calls) <= MOST_CALLS, f"{len(calls)} calls in {len({name for name, _ in calls})} files"
    assert len({name for name, _ in calls}) <= 27
