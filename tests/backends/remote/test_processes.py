"""Fork, exit and Ctrl-C with a remote encoder, each in its own process."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from remote_server import hang, stall

MAKE = """
import os, sys, time, threading
import numpy as np
from qwen3_embed_integrations import Qwen3Encoder
encoder = Qwen3Encoder(backend="remote", base_url={url!r}, model="somebody/model")
"""


def command(server, code):
    return [sys.executable, "-W", "error", "-c", MAKE.format(url=server.url) + textwrap.dedent(code)]


def run(server, code):
    done = subprocess.run(  # noqa: S603 - our own script
        command(server, code), capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_and_its_parent_both_go_on(server):
    code = """
        embeddings = encoder.encode_document(["a", "b"])
        import warnings
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 on fork beside threads
        pid = os.fork()
        same = np.abs(encoder.encode_document(["a", "b"]) - embeddings).max() <= 1e-6
        if pid == 0:
            os._exit(0 if same else 3)
        print(os.waitpid(pid, 0)[1], same)
    """
    assert run(server, code) == ["0", "True"]


def test_exit_in_the_middle_of_a_call_waits_for_it_and_no_longer(server):
    server.faults.extend([None, stall(0.5)])
    code = """
        encoder.load()
        thread = threading.Thread(target=lambda: print(encoder.encode_document(["a"]).shape[1]))
        thread.start()
        time.sleep(0.1)
    """
    assert run(server, code) == ["64"]


def test_a_daemon_thread_in_a_call_does_not_hang_the_exit(server):
    server.faults.extend([None, hang])
    code = """
        encoder.load()
        threading.Thread(target=encoder.encode_document, args=(["a"],), daemon=True).start()
        time.sleep(0.1)
        print("end")
    """
    assert run(server, code) == ["end"]


def test_ctrl_c_ends_a_waiting_call(server):
    server.faults.extend([None, hang])
    code = """
        encoder.load()
        print("waiting", flush=True)
        try:
            encoder.encode_document(["a"])
        except KeyboardInterrupt:
            print("interrupted", flush=True)
    """
    with subprocess.Popen(command(server, code), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own script
        assert process.stdout.readline().strip() == "waiting"
        while len(server.requests) < 2:  # the second is the call
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=600)
    assert (out.strip(), err, process.returncode) == ("interrupted", "", 0)
