"""fork, spawn, exit and Ctrl-C: each in a process of its own, with the real model code."""

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest

from qwen3_embed_integrations import Qwen3Encoder

MAKE = """
import sys, numpy as np
from qwen3_embed_integrations import Qwen3Encoder
encoder = Qwen3Encoder(model={model!r})
"""


HANG_S = 500  # ends a test that hangs; no verdict depends on it
COMPUTING = """
import threading, time
from qwen3_embed_integrations.backends.registry import load_backend
def tell_when_it_computes():
    batcher = load_backend(encoder.config)._batcher
    while not batcher._choice._n_batches:
        time.sleep(0.001)
    print("computing", flush=True)
encoder.load()
threading.Thread(target=tell_when_it_computes, daemon=True).start()
"""


def run(code, checkpoint, timeout=HANG_S):
    script = MAKE.format(model=str(checkpoint)) + textwrap.dedent(code)
    return subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=timeout, check=False
    )


def assert_fine(done, *printed):
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == list(printed), done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_of_a_loaded_encoder_computes_the_same_embeddings(checkpoint):
    done = run(
        """
        import os
        embeddings = encoder.encode_document(["a", "b " * 50])
        pid = os.fork()
        if pid == 0:
            same = np.abs(encoder.encode_document(["a", "b " * 50]) - embeddings).max() <= 1e-6
            os._exit(0 if same else 3)
        print(os.waitpid(pid, 0)[1])
        """,
        checkpoint,
    )
    assert_fine(done, "0")


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_process_pool_computes_the_same_embeddings(checkpoint, method, tmp_path):
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
                embeddings = encoder.encode_document(texts)
                with multiprocessing.get_context({method!r}).Pool(2) as pool:
                    others = np.concatenate(pool.map(embed, [(encoder, text) for text in texts]))
                print(np.abs(others - embeddings).max() <= 1e-6)
            """
        )
    )
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, script], capture_output=True, text=True, timeout=HANG_S, check=False
    )
    assert_fine(done, "True")


def test_the_interpreter_exits_at_once_after_use(checkpoint):
    assert_fine(run("print(encoder.encode_query(['x']).shape[1])", checkpoint), "64")


def test_a_thread_at_work_when_the_main_thread_ends_gets_its_embeddings(checkpoint):
    done = run(
        """
        import threading
        encoder.load()
        def work():
            threading.main_thread().join()
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
    code = (
        MAKE.format(model=str(checkpoint))
        + COMPUTING
        + textwrap.dedent(
            """
        try:
            encoder.encode_document([f"{i} " * 300 for i in range(20000)])
        except KeyboardInterrupt:
            print(len(encoder.encode_document(["after"])), flush=True)
        """
        )
    )
    process = subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "computing\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=HANG_S)
    assert (process.returncode, out) == (0, "1\n"), err


SERVED = """
import json, os, urllib.parse
from qwen3_embed_integrations import Qwen3Encoder

encoder = Qwen3Encoder(model={model!r})
encoder.encode_document(["made and used before the fork", "in the master"])

def application(environ, start_response):
    text = urllib.parse.unquote(environ["QUERY_STRING"])
    embedding = encoder.encode_document([text])[0]
    start_response("200 OK", [])
    return [json.dumps([os.getpid(), embedding.tolist()]).encode()]
"""


@contextmanager
def gunicorn(folder, *options):
    """Run gunicorn over `served.py` in a folder; return its address once it listens, and its process."""
    command = [sys.executable, "-m", "gunicorn", "served", "--bind", "127.0.0.1:0", "--worker-tmp-dir", str(folder)]
    with subprocess.Popen([*command, *options], cwd=folder, stderr=subprocess.PIPE, text=True) as master:  # noqa: S603 - our own
        try:
            told = ""
            while "Listening at" not in told:
                told = master.stderr.readline()
                assert told, "gunicorn ended"
            yield re.search(r"http://[\d.:]+", told)[0], master
        finally:
            master.terminate()
            master.communicate(timeout=HANG_S)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_workers_of_gunicorn_that_were_forked_from_a_used_encoder_embed(checkpoint, tmp_path):
    (tmp_path / "served.py").write_text(SERVED.format(model=str(checkpoint)))
    texts = [f"text {i} {'word ' * (i % 40)}" for i in range(60)]
    expected = Qwen3Encoder(model=str(checkpoint)).encode_document(texts)
    with gunicorn(
        tmp_path, "--preload", "--workers", "3", "--threads", "4", "--graceful-timeout", "9999", "--timeout", "9999"
    ) as (address, master):

        def ask(text):
            with urllib.request.urlopen(f"{address}/?{urllib.parse.quote(text)}", timeout=HANG_S) as answer:  # noqa: S310 - ours
                return json.load(answer)

        with ThreadPoolExecutor(12) as pool:
            pids, embeddings = zip(*pool.map(ask, texts), strict=True)
        np.testing.assert_allclose(np.array(embeddings, dtype=np.float32), expected, atol=1e-6)
        assert master.pid not in pids
        master.terminate()
        assert master.wait(HANG_S) == 0  # its workers end by themselves: it would wait longer before it kills them


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_fork_in_the_middle_of_calls_leaves_the_parent_its_embeddings_and_the_child_an_encoder(checkpoint):
    done = run(
        """
        import os, threading
        texts = [f"{i} " * 60 for i in range(300)]
        embeddings = encoder.encode_document(texts)
        found = []
        threads = [threading.Thread(target=lambda: found.append(encoder.encode_document(texts))) for _ in range(4)]
        for thread in threads:
            thread.start()
        children = []
        for _ in range(3):
            pid = os.fork()
            if pid == 0:
                same = np.abs(encoder.encode_document(texts[:20]) - embeddings[:20]).max() <= 1e-6
                os._exit(0 if same else 3)
            children.append(pid)
        for thread in threads:
            thread.join()
        print(*(os.waitpid(pid, 0)[1] for pid in children), max(np.abs(one - embeddings).max() for one in found) <=
        1e-6)
        """,
        checkpoint,
    )
    assert_fine(done, "0", "0", "0", "True")


@pytest.mark.skipif(sys.platform == "win32", reason="signals of another kind")
@pytest.mark.parametrize(
    "call", ["encoder.aencode_document(many)", "asyncio.gather(*(encoder.aencode_query([one]) for one in many))"]
)
def test_ctrl_c_in_the_middle_of_asyncio_run_ends_the_program_at_once(checkpoint, call):
    code = (
        MAKE.format(model=str(checkpoint))
        + COMPUTING
        + textwrap.dedent(
            f"""
        import asyncio
        many = [f"{{i}} " * 300 for i in range(8000)]
        async def main():
            await {call}
            print("done", flush=True)
        asyncio.run(main())
        """
        )
    )
    with subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "computing\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=HANG_S)
    assert (process.returncode, out) == (-signal.SIGINT, ""), err  # which a shell shows as 130
    assert err.splitlines()[-1] == "KeyboardInterrupt", err


def test_threads_at_shutdown_get_their_embeddings_or_end_with_the_program(checkpoint):
    done = run(
        """
        import os, threading, time
        from qwen3_embed_integrations import EncoderClosedError
        encoder.load()
        def work(name):
            for i in range(20):
                encoder.encode_document([f"{name} {i} " * 40])
            os.write(1, f"{name}\\n".encode())  # one piece: print writes the end of the line by itself
        for name in "ab":
            threading.Thread(target=work, args=(name,)).start()
        def endless():
            try:
                while True:
                    encoder.encode_document([f"{time.monotonic()} " * 40])
            except EncoderClosedError:
                pass  # refused at the end; without this, whether its traceback is still written is a matter of luck
        for _ in range(3):
            threading.Thread(target=endless, daemon=True).start()
        """,
        checkpoint,
    )
    assert (done.returncode, sorted(done.stdout.split()), done.stderr) == (0, ["a", "b"], "")


def test_a_call_from_an_exit_handler_is_served_or_refused_and_never_hangs(checkpoint):
    done = run(
        """
        import atexit
        from qwen3_embed_integrations import Qwen3EmbedError
        def last():
            try:
                print(len(encoder.encode_document(["at the end"])))
            except Qwen3EmbedError as error:
                print(type(error).__name__)
        atexit.register(last)  # runs before our own, which was registered at the import: the encoder still works
        encoder.load()
        """,
        checkpoint,
    )
    assert_fine(done, "1")


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="Python's collector walks everything in small steps")
@pytest.mark.parametrize(("model", "plan"), [("tiny", "auto"), ("own", "ops=numba")])
def test_the_walk_over_all_of_pythons_objects_is_over_when_a_model_is_loaded(model, plan, checkpoint):
    done = run(
        f"""
        import asyncio, gc

        def note(phase, told):
            if phase == "start" and told["generation"] == 2:
                walks.append(told)

        async def ask():
            await asyncio.gather(*(encoder.aencode_query([f"query {{i}}"]) for i in range(300)))

        walks = []
        encoder = Qwen3Encoder(encoder.config, plan="{plan}")
        gc.callbacks.append(note)
        encoder.load()
        print(len(walks) > 0)
        walks.clear()
        asyncio.run(ask())
        print(len(walks))
        """,
        checkpoint if model == "own" else model,
    )
    assert_fine(done, "True", "0")
