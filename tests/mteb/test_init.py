"""Without mteb the message names the extra."""

from processes import in_a_fresh_process

CODE = """
import sys
sys.modules["mteb"] = None
try:
    import qwen3_embed_integrations.mteb
except ImportError as error:
    print(error)
"""


def test_without_mteb_the_message_names_the_extra():
    assert in_a_fresh_process(CODE).endswith('Run: pip install "qwen3-embed-integrations[mteb]"')
