"""The metrics of a server are its own."""

from qwen3_embed_integrations.server.metrics import ServerMetrics


def test_counts_are_read_back_and_two_servers_share_none():
    one, other = ServerMetrics(lambda: 3, lambda: 40), ServerMetrics(lambda: 0, lambda: 0)
    one.request("/v1/embeddings", 200, 0.02)
    one.computed("query", 2, 30, 1)
    page = one.page().decode()
    assert 'qwen3_embed_requests_total{route="/v1/embeddings",status="200"} 1.0' in page
    assert 'qwen3_embed_tokens_total{kind="query"} 30.0' in page
    assert "qwen3_embed_truncated_texts_total 1.0" in page
    assert "qwen3_embed_queue_requests 3.0" in page
    assert "route=" not in other.page().decode()
