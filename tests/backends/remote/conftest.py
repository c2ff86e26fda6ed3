"""Fixtures: a running server over the small checkpoint, and encoders that use it."""

from remote_fixtures import local, remote, server

__all__ = ["local", "remote", "server"]
