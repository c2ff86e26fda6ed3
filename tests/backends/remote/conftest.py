"""Fixtures: a running server over the small checkpoint, and encoders that ask it."""

from remote_fixtures import local, remote, server

__all__ = ["local", "remote", "server"]
