"""A function for AWS Lambda, Cloud Run or any other host that starts cold: no PyTorch, no model hub.

pip install --no-compile --target package "qwen3-embed-integrations[onnx]"
python examples/serverless.py "How do I copy a folder?"
"""

import json
import sys
from typing import Any

from qwen3_embed_integrations import Qwen3Encoder

DOCUMENTS = [
    "shutil.copytree(src, dst): recursively copy an entire directory tree.",
    "csv.reader(file): return an object that iterates over the lines of a CSV file.",
    "random.choice(seq): return a random element from a non-empty sequence.",
]

encoder = Qwen3Encoder(model="tiny", backend="onnx")  # loaded by the first call, kept for the next ones


def handler(event: dict[str, Any], context: object = None) -> dict[str, Any]:
    """Return the nearest document and its similarity."""
    del context
    scores = encoder.similarity(encoder.encode_query([event["query"]]), encoder.encode_document(DOCUMENTS))[0]
    best = int(scores.argmax())
    return {"statusCode": 200, "body": json.dumps({"document": DOCUMENTS[best], "similarity": float(scores[best])})}


def main() -> None:
    """Answer the question of the command line, as the host would."""
    question = sys.argv[1] if len(sys.argv) > 1 else "How do I copy a folder?"
    print(handler({"query": question})["body"])


if __name__ == "__main__":
    main()
