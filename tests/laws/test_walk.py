"""The walk of a query in docs/architecture.md is the walk that the interpreter sees."""

import json
import re
from pathlib import Path

import pytest

from processes import in_a_fresh_process

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "architecture.md"
TRACE = """
import json, sys, threading
from pathlib import Path
import qwen3_embed_integrations
root = str(Path(qwen3_embed_integrations.__file__).parent) + "/"
walk, tracing = [], False

def record(frame, event, _):
    name = frame.f_code.co_filename
    if tracing and event == "call" and name.startswith(root):
        walk.append([name[len(root):], frame.f_code.co_name])

threading.setprofile(record)  # before the model's threads exist
from qwen3_embed_integrations.langchain import Qwen3Embeddings
embeddings = Qwen3Embeddings(model="tiny")
embeddings.embed_query("warm")
tracing = True
sys.setprofile(record)
embeddings.embed_query("Where is Paris?")
sys.setprofile(None)
tracing = False
print(json.dumps(walk))
"""


def stops() -> list[tuple[str, list[str]]]:
    """Return the file of each stop of the page's table, and the functions of that file that its sentence names."""
    table = re.findall(r"^\| (\d+) \| `([\w./]+)` \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [int(number) for number, *_ in table] == list(range(1, 12))
    return [(path, re.findall(r"`([a-z_]+)`", sentence)) for _, path, sentence in table]


@pytest.fixture(scope="module")
def walk() -> list[tuple[str, str]]:
    return [tuple(step) for step in json.loads(in_a_fresh_process(TRACE).splitlines()[-1])]


def test_every_stop_of_the_page_is_reached_in_its_order(walk: list[tuple[str, str]]) -> None:
    steps = iter(walk)
    for path, _ in stops():
        names = {path, f"{path}.py", f"{path}/embeddings.py"}
        assert any(step[0] in names for step in steps), f"{path} does not come next in the walk"


def test_the_functions_that_the_page_names_are_called(walk: list[tuple[str, str]]) -> None:
    called = {name for _, name in walk}
    named = {name for _, functions in stops() for name in functions}
    assert {"embed_query", "encode_query", "submit", "pack"} <= named
    assert named & {"embed_query", "encode_query", "submit", "pack"} <= called
