"""A few documents with difficult contents: code, line breaks, other languages and scripts, an empty text."""

from __future__ import annotations

TEXTS = [
    "The Eiffel tower stands in Paris and is 330 metres tall.",
    "def add(a, b):\n    return a + b\n",
    "Photosynthesis turns light, water and carbon dioxide into sugar and oxygen.",
    "Die Katze schläft auf dem Sofa.",
    "北京是中华人民共和国的首都。",
    "Gravity is a force that attracts two bodies towards each other.",
    "# Install\n\nRun `pip install chromadb`,\nthen start the server.",
    "A Matryoshka embedding can be cut short and keeps most of its meaning.",
    "",
]
IDS = [f"id{i}" for i in range(len(TEXTS))]
QUERIES = ["How tall is the Eiffel tower?", "add two numbers", "首都", "What is gravity?", "line\nbreak"]
