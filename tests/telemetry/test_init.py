"""Without OpenTelemetry, or before it is set up, a call costs nothing more."""

import json

from processes import in_a_fresh_process

COUNT = """
import json, sys, threading
if {blocked}:
    sys.modules["opentelemetry"] = None
from pathlib import Path
import qwen3_embed_integrations
if {imported}:
    import opentelemetry.trace, opentelemetry.metrics
root = str(Path(qwen3_embed_integrations.__file__).parent)
counts, counting = {{"telemetry": 0, "observation": 0, "opentelemetry": 0}}, False

def count(frame, event, _):
    name = frame.f_code.co_filename
    if counting and event == "call":
        counts["telemetry"] += name.startswith(root + "/telemetry")
        counts["observation"] += name == root + "/core/observation.py"
        counts["opentelemetry"] += "/opentelemetry/" in name

threading.setprofile(count)
from qwen3_embed_integrations import Qwen3Encoder
encoder = Qwen3Encoder(model="tiny")
encoder.encode_query(["warm"])
counting = True
sys.setprofile(count)
encoder.encode_query(["Where is Paris?"])
sys.setprofile(None)
counting = False
loaded = [name for name in sys.modules if name.startswith("opentelemetry.")]
print(json.dumps([counts, loaded]))
"""


def counted(*, blocked: bool, imported: bool) -> tuple[dict[str, int], list[str]]:
    printed = in_a_fresh_process(COUNT.format(blocked=blocked, imported=imported))
    counts, loaded = json.loads(printed.splitlines()[-1])
    return counts, loaded


def test_without_opentelemetry_a_query_makes_a_handful_of_calls_and_imports_nothing():
    counts, loaded = counted(blocked=True, imported=False)
    assert loaded == []
    assert counts["opentelemetry"] == 0
    assert counts["telemetry"] == 1, "one look at sys.modules"
    assert counts["observation"] == 0


def test_where_it_is_installed_and_not_used_it_is_not_imported():
    counts, loaded = counted(blocked=False, imported=False)
    assert loaded == []
    assert counts["telemetry"] == 1


def test_before_a_provider_is_set_no_span_is_made():
    counts, _ = counted(blocked=False, imported=True)
    assert counts["opentelemetry"] <= 2, "asks for both providers"
    assert counts["telemetry"] == 1
