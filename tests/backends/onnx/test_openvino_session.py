"""The tests of `openvino_session.py`, in a process of their own.

Where the libraries of every test are loaded, OpenVINO ends the process without a word.
"""

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).with_name("openvino_session.py")


def test_openvino_computes_what_torch_does():
    alone = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_", "COVERAGE_"))}
    command = [sys.executable, "-m", "pytest", str(TESTS), "-p", "no:cacheprovider", "-p", "no:xdist"]
    done = subprocess.run(  # noqa: S603 - our own tests
        command, env=alone, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout, done.stdout
