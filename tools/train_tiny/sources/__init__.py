"""Readers that turn downloaded packages into `TrainingText` texts, one module a kind of file."""
