"""Whether ONNX Runtime's sums of 8-bit products saturate on this CPU, which makes int8 models wrong without an error.

Without VNNI it multiplies with vpmaddubsw, whose sums of two products are cut off at 32,767. Its session option
"session.x64quantprecision" takes other products instead, which are exact. It takes them on CPUs with AMX as well, whose
own are exact and faster: so ask for it only where a sum is wrong.
"""

from __future__ import annotations

from base64 import b64decode
from functools import cache

import numpy as np
import onnxruntime

_N = 4
GRAPH = b64decode(
    "CAs6nAEKLAoGc3RhdGVzCgd3ZWlnaHRzCgR6ZXJvEgRzdW1zIg1NYXRNdWxJbnRlZ2VyEgpzYXR1cmF0aW9uKiEIBAgEEANCB3dl"
    "aWdodHNKEH9/f39/f39/f39/f39/f38qCxACQgR6ZXJvSgGAWhgKBnN0YXRlcxIOCgwIAhIICgIIAQoCCARiFgoEc3VtcxIOCgwI"
    "BhIICgIIAQoCCARCBAoAEBc="
)
"""One MatMulInteger of `[1, 4]` uint8, whose zero is 128, with `[4, 4]` weights of 127; a test makes it again."""


@cache
def saturates() -> bool:
    """Multiply the largest numbers, which takes half a millisecond, and return whether their sum is wrong."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    (sums,) = onnxruntime.InferenceSession(GRAPH, options).run(None, {"states": np.full((1, _N), 255, dtype=np.uint8)})
    return bool((sums != (255 - 128) * 127 * _N).any())
