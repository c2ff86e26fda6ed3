import mailbox
from email.message import EmailMessage

import pytest

from qwen3_embed_integrations.rag.corpora.blocks import UnreadableFileError
from qwen3_embed_integrations.rag.corpora.loaders.mbox import read_mbox


def mail(subject, text):
    message = EmailMessage()
    if subject:
        message["Subject"] = subject
    message["From"] = "amara@example.org"
    message.set_content(text)
    return message


def test_each_mail_is_a_section_named_by_its_subject(tmp_path):
    box = mailbox.mbox(str(tmp_path / "a.mbox"))
    for one in (mail("Parking", "Behind the bakery.\n\nFrom Monday on."), mail("", "No name.")):
        box.add(one)
    box.close()
    texts = [(block.kind, block.text) for block in read_mbox(tmp_path / "a.mbox")]
    sender = ("paragraph", "From: amara@example.org")
    assert texts == [
        ("heading", "Parking"),
        sender,
        ("paragraph", "Behind the bakery."),
        ("paragraph", "From Monday on."),
        ("heading", "(no subject)"),
        sender,
        ("paragraph", "No name."),
    ]


@pytest.mark.parametrize("data", [b"Dear all,\n\nFrom now on\n", b"\x00\x01"])
def test_what_is_no_mailbox_is_refused(tmp_path, data):
    (tmp_path / "a.mbox").write_bytes(data)
    with pytest.raises(UnreadableFileError, match="is no mailbox"):
        list(read_mbox(tmp_path / "a.mbox"))


def test_an_empty_mailbox_is_empty(tmp_path):
    (tmp_path / "a.mbox").touch()
    assert list(read_mbox(tmp_path / "a.mbox")) == []


def test_a_header_without_end_is_read_in_linear_time(tmp_path):
    path = tmp_path / "a.mbox"
    header = "From me Mon Jan  1 00:00:00 2026\nSubject: " + "w " * 500_000
    path.write_text(f"{header}\n\nThe body.\n", encoding="utf-8")
    blocks = list(read_mbox(path))
    assert 1_000 < len(blocks[0].text) <= 10_000
    assert blocks[-1].text == "The body."
