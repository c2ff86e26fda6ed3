"""Fill a disk: a file system of a few megabytes."""

import shutil
import subprocess

import pytest

from qwen3_embed_integrations.core.errors import RagError
from rag_documents import chunks_of, document

from .test_index import indexed, stored


def ran(name, *arguments):
    """Return whether a system program exists and succeeds."""
    program = shutil.which(name)
    if program is None:
        return False
    return subprocess.run([program, *arguments], capture_output=True, check=False).returncode == 0  # noqa: S603 - mount


@pytest.fixture
def small_disk(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if not ran("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(disk)):
        pytest.skip("only root may mount a small file system")
    yield disk
    ran("umount", "--lazy", str(disk))


def test_a_full_disk_is_one_error_and_with_space_the_next_run_goes_on(small_disk, embeddings):
    chunks = chunks_of([document(f"note {number}", f"Note {number} of some length. " * 40) for number in range(1500)])
    with pytest.raises(RagError, match="MB left: free some space and run again"):
        indexed(small_disk / "ix", embeddings, chunks)
    assert ran("mount", "-o", "remount,size=60m", str(small_disk))
    indexed(small_disk / "ix", embeddings, chunks)
    assert stored(small_disk / "ix").keys() == chunks.keys()
