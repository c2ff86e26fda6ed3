from document_files import FACT, MAIL
from qwen3_embed_integrations.rag.corpora.loaders.mail import read_mail

MULTIPART = (
    "Subject: Plan\nFrom: a@example.org\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\n"
    "Content-Type: multipart/alternative; boundary=y\n\n--y\nContent-Type: text/html\n\n<p>No</p>\n--y\n"
    "Content-Type: text/plain; charset=utf-8\n\nThe plan.\n--y--\n--x\nContent-Type: text/csv\n"
    'Content-Disposition: attachment; filename="p.csv"\n\na,b\n--x\nContent-Type: application/zip\n'
    'Content-Disposition: attachment; filename="p.zip"\nContent-Transfer-Encoding: base64\n\nAAAA\n--x--\n'
)


def test_headers_are_decoded_and_the_body_is_text(tmp_path):
    (tmp_path / "a.eml").write_bytes(MAIL)
    title, blocks = read_mail(tmp_path / "a.eml")
    assert title == "Re: Spesen \u00fc"
    assert blocks[1].text.startswith("From: J\u00f6rg <joerg@example.org>\nTo: all@example.org\nDate: Mon, 02 Nov 2026")
    assert blocks[2].text == f"{FACT} Gr\u00fc\u00dfe"


def test_plain_text_is_preferred_and_attachments_are_named(tmp_path):
    (tmp_path / "a.eml").write_text(MULTIPART)
    texts = [block.text for block in read_mail(tmp_path / "a.eml")[1]]
    assert texts == ["Plan", "From: a@example.org", "The plan.", "Attachment: p.csv", "a,b", "Attachment: p.zip"]


FORWARDED = (
    "Subject: Fw\nFrom: a@example.org\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\n"
    "Content-Type: text/plain\n\nSee below.\n--x\nContent-Type: message/rfc822\n\n{}\n--x--\n"
)
INNER = "Subject: Keys\nFrom: b@example.org\nContent-Type: text/plain\n\nThe spare key is in the safe."


def test_a_forwarded_mail_is_read_below_its_own_subject(tmp_path):
    (tmp_path / "a.eml").write_text(FORWARDED.format(INNER))
    blocks = read_mail(tmp_path / "a.eml")[1]
    assert ("heading", 2, "Keys") in [(block.kind, block.level, block.text) for block in blocks]
    assert [block.text for block in blocks][-2:] == ["From: b@example.org", "The spare key is in the safe."]


def test_mails_inside_each_other_end(tmp_path):
    mail = INNER
    for number in range(30):
        mail = FORWARDED.replace("boundary=x", f"boundary=x{number}").replace("--x", f"--x{number}").format(mail)
    (tmp_path / "a.eml").write_text(mail)
    blocks = read_mail(tmp_path / "a.eml")[1]
    assert sum(block.text == "See below." for block in blocks) == 5


def test_a_header_without_end_is_read_in_linear_time(tmp_path):
    path = tmp_path / "a.eml"
    path.write_text("Subject: " + "w " * 500_000 + "\nTo: " + "a@b.c, " * 100_000 + "\n\nThe body.", encoding="utf-8")
    title, blocks = read_mail(path)
    assert 1_000 < len(title) <= 10_000
    assert blocks[-1].text == "The body."
