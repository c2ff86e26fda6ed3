"""The files of deploy/ name commands and options that there are."""

import re
import shlex
from pathlib import Path

import yaml

from qwen3_embed_integrations.server import ServeOptions

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
FLAGS = {f"--{name.replace('_', '-')}" for name in ServeOptions.model_fields} | {"--model"}


def flags(words):
    return {word for word in words if word.startswith("--")}


def test_the_container_starts_the_server_and_asks_whether_it_is_ready():
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    (entry,) = re.findall(r"^ENTRYPOINT (.+)$", text, re.MULTILINE)
    assert '"qwen3-embed", "serve"' in entry
    assert flags(re.findall(r'"(--[\w-]+)"', entry)) <= FLAGS
    assert "/ready" in text
    assert "QWEN3_EMBED_API_KEYS" in text


def test_open_webui_has_the_key_and_the_models_of_the_server():
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    server, webui = services["qwen3-embed"], services["open-webui"]["environment"]
    assert flags(server["command"]) <= FLAGS
    assert webui["RAG_OPENAI_API_BASE_URL"].endswith("/v1")
    assert webui["RAG_EMBEDDING_MODEL"] == server["command"][1]
    assert "${QWEN3_EMBED_API_KEYS}" in webui.values()
    assert webui["RAG_EMBEDDING_QUERY_PREFIX"].endswith("\nQuery:")


def test_the_unit_starts_the_server_on_loopback():
    (command,) = re.findall(r"^ExecStart=(.+)$", (DEPLOY / "qwen3-embed.service").read_text("utf-8"), re.MULTILINE)
    words = shlex.split(command)
    assert words[1] == "serve"
    assert flags(words) <= FLAGS
    assert words[words.index("--host") + 1] == "127.0.0.1"
