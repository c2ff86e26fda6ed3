"""Fixtures of a recording OpenTelemetry, and of a server."""

from remote_fixtures import local, remote, server
from telemetry_fixtures import recorded

__all__ = ["local", "recorded", "remote", "server"]
