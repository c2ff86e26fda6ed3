"""The steps that produced the bundled model ``tiny``; run ``python -m tools.train_tiny --help``."""
