"""Fixtures: a running server over the small checkpoint, and encoders that use it; the same for rerankers."""

from remote_fixtures import local, remote, server
from rerank_fixtures import over, rerank_server

__all__ = ["local", "over", "remote", "rerank_server", "server"]
