"""fork, spawn, exit and Ctrl-C: each in a process of its own, with the real model code."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

MAKE = """
import sys, numpy as np
from qwen3_embed_integrations import Qwen3Encoder
encoder = Qwen3Encoder(model={model!r})
"""


def run(code, checkpoint, timeout=90):
    script = MAKE.format(model=str(checkpoint)) + textwrap.dedent(code)
    return subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=timeout, check=False
    )


def assert_fine(done, *printed):
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == list(printed), done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_of_a_loaded_encoder_computes_the_same_rows(checkpoint):
    done = run(
        """
        import os
        rows = encoder.encode_document(["a", "b " * 50])
        pid = os.fork()
        if pid == 0:
            same = np.abs(encoder.encode_document(["a", "b " * 50]) - rows).max() <= 1e-6
            os._exit(0 if same else 3)
        print(os.waitpid(pid, 0)[1])
        """,
        checkpoint,
    )
    assert_fine(done, "0")


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_process_pool_computes_the_same_rows(checkpoint, method, tmp_path):
    if method == "fork" and not hasattr(os, "fork"):
        pytest.skip("no fork here")
    script = tmp_path / "pool.py"
    script.write_text(
        textwrap.dedent(
            f"""
            import multiprocessing, warnings
            import numpy as np
            from qwen3_embed_integrations import Qwen3Encoder

            def embed(job):
                encoder, text = job
                return encoder.encode_document([text])

            if __name__ == "__main__":
                warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 on fork beside threads
                encoder = Qwen3Encoder(model={str(checkpoint)!r})
                texts = [f"text {{i}}" for i in range(8)]
                rows = encoder.encode_document(texts)
                with multiprocessing.get_context({method!r}).Pool(2) as pool:
                    others = np.concatenate(pool.map(embed, [(encoder, text) for text in texts]))
                print(np.abs(others - rows).max() <= 1e-6)
            """
        )
    )
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, script], capture_output=True, text=True, timeout=120, check=False
    )
    assert_fine(done, "True")


def test_the_interpreter_exits_at_once_after_use(checkpoint):
    assert_fine(run("print(encoder.encode_query(['x']).shape[1])", checkpoint), "64")


def test_a_thread_at_work_when_the_main_thread_ends_gets_its_rows(checkpoint):
    done = run(
        """
        import threading, time
        encoder.load()
        def work():
            time.sleep(0.5)
            print(len(encoder.encode_document(["a", "b"])))
        threading.Thread(target=work).start()
        """,
        checkpoint,
    )
    assert_fine(done, "2")


def test_an_abandoned_async_call_does_not_hang_the_exit(checkpoint):
    done = run(
        """
        import asyncio
        async def main():
            task = asyncio.create_task(encoder.aencode_document([f"{i} " * 200 for i in range(3000)]))
            await asyncio.sleep(0.2)
            print("left")
        asyncio.run(main())
        """,
        checkpoint,
    )
    assert_fine(done, "left")


@pytest.mark.skipif(sys.platform == "win32", reason="signals of another kind")
def test_ctrl_c_in_the_middle_ends_the_call_and_leaves_the_encoder_usable(checkpoint):
    code = MAKE.format(model=str(checkpoint)) + textwrap.dedent(
        """
        encoder.load()
        print("ready", flush=True)
        try:
            encoder.encode_document([f"{i} " * 300 for i in range(20000)])
        except KeyboardInterrupt:
            print(len(encoder.encode_document(["after"])), flush=True)
        """
    )
    process = subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "1\n"), err
