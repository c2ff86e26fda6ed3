"""`qwen3-embed` and `python -m qwen3_embed_integrations` end with one line, also without the extra "cli"."""

import subprocess
import sys

import pytest

from qwen3_embed_integrations import __version__


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603 - our own code


def test_the_module_is_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "qwen3_embed_integrations", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"qwen3-embed {__version__}\n"


@pytest.mark.parametrize("package", ["cyclopts", "rich"])
def test_without_the_extra_one_line_says_which_pip_command_to_run(package):
    done = run(
        f"import sys; sys.modules[{package!r}] = None\n"
        "from qwen3_embed_integrations.__main__ import main\nsys.argv = ['qwen3-embed', 'models']\nmain()"
    )
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line == (
        f'qwen3-embed: The package {package!r} is not installed. Run: pip install "qwen3-embed-integrations[cli]"'
    )


def test_the_face_the_metrics_and_the_training_need_no_package_of_the_command():
    done = run(
        "import sys\n"
        "for name in ('cyclopts', 'rich', 'tqdm', 'typer'): sys.modules[name] = None\n"
        "import qwen3_embed_integrations.evaluation, qwen3_embed_integrations.training, qwen3_embed_integrations.rag\n"
        "print('imported')"
    )
    assert (done.stdout, done.stderr) == ("imported\n", "")


def test_ctrl_c_while_the_command_is_imported_is_one_line():
    done = run(
        "import builtins, sys\n"
        "from qwen3_embed_integrations.__main__ import main\n"
        "real = builtins.__import__\n"
        "def interrupt(name, *rest):\n"
        "    if name == 'cyclopts': raise KeyboardInterrupt\n"
        "    return real(name, *rest)\n"
        "builtins.__import__ = interrupt\n"
        "main()\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "qwen3-embed: Interrupted before it began.\n")
