import os
import socket
import stat

import pytest

from qwen3_embed_integrations import ConfigError
from qwen3_embed_integrations.cache.private_file import identity, make_private


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_is_private(tmp_path):
    path = tmp_path / "file"
    assert make_private(path, create=True) == identity(path) != (0, 0)
    assert mode(path) == 0o600


def test_nothing_is_created_unless_asked(tmp_path):
    assert make_private(tmp_path / "file", create=False) == (0, 0)
    assert identity(tmp_path / "file") == (0, 0)
    with pytest.raises(FileNotFoundError):
        make_private(tmp_path / "no" / "file", create=True)


@pytest.mark.parametrize("old", [0o666, 0o644, 0o640, 0o604, 0o700, 0o600])
def test_an_existing_file_loses_what_others_may_do_and_keeps_its_content(tmp_path, old):
    path = tmp_path / "file"
    path.write_text("content")
    path.chmod(old)
    make_private(path, create=True)
    assert mode(path) & 0o077 == 0
    assert path.read_text() == "content"


@pytest.mark.parametrize("create", [True, False])
def test_links_folders_pipes_sockets_and_devices_are_rejected_at_once(tmp_path, create):
    (tmp_path / "target").write_text("content")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    (tmp_path / "dangling").symlink_to(tmp_path / "nothing")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "socket"))
    for name in ("link", "dangling", "folder", "pipe", "socket"):
        with pytest.raises(ConfigError, match=f"{name}' is (a symbolic link|not a regular file)"):
            make_private(tmp_path / name, create=create)
    with pytest.raises(ConfigError, match="not a regular file"):
        make_private(tmp_path / "/dev/null", create=create)
    server.close()
    assert not (tmp_path / "nothing").exists()
    assert mode(tmp_path / "target") != 0o600


def test_a_mode_that_can_not_be_changed_is_an_error(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_text("content")
    path.chmod(0o644)

    def denied(*_):
        raise PermissionError(1, "Operation not permitted")  # what the kernel answers for another user's file

    monkeypatch.setattr(os, "fchmod", denied)
    with pytest.raises(ConfigError, match="readable by others"):
        make_private(path, create=True)
