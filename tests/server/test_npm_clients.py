"""The npm packages `openai`, `ai`, `@ai-sdk/openai-compatible` and `@ai-sdk/cohere`, installed from the registry."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from qwen3_embed_integrations import Qwen3Reranker

PACKAGES = ("openai@6", "ai@7", "@ai-sdk/openai-compatible@3", "@ai-sdk/cohere@4")
TEXTS = ["sorted() returns a new list.", "Cats sleep all day."]
QUERY = "How do I sort a list?"


@pytest.mark.slow
@pytest.mark.index
def test_npm_clients_get_the_embeddings_of_the_process(served, encoder, reranker_folder, tmp_path):
    node, npm = shutil.which("node"), shutil.which("npm")
    assert node, "install Node.js to run this test"
    assert npm, "install npm to run this test"
    shutil.copy(Path(__file__).parent / "npm_clients.mjs", tmp_path)
    subprocess.run([npm, "install", "--no-audit", "--no-fund", *PACKAGES], cwd=tmp_path, check=True)  # noqa: S603
    command = [node, "npm_clients.mjs", served.url, str(reranker_folder), json.dumps(TEXTS), QUERY]
    found = json.loads(subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout)  # noqa: S603
    documents, query = encoder.encode_document(TEXTS), encoder.encode_query([QUERY])[0]
    np.testing.assert_array_equal(np.array(found["openai"], dtype=np.float32), documents)
    np.testing.assert_array_equal(np.array(found["embedMany"], dtype=np.float32), documents)
    np.testing.assert_array_equal(np.array(found["embed"], dtype=np.float32), query)
    np.testing.assert_array_equal(np.array(found["cohereQuery"], dtype=np.float32), query)
    assert found["tokens"] == int(encoder.count_tokens(TEXTS).sum())
    assert "is not served here" in found["error"]
    best = Qwen3Reranker(model=str(reranker_folder)).rank(QUERY, TEXTS)
    assert [one["index"] for one in found["ranking"]] == [one.index for one in best]
