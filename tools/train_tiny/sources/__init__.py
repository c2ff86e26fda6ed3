"""Readers that turn downloaded packages into `Unit` texts, one module a kind of file."""
