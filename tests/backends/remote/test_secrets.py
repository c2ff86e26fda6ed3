"""The API key and characters that act on a terminal reach no exception, its causes and contexts, no note and no log."""

import json
import logging
import traceback

import pytest

import remote_server as faults
from qwen3_embed_integrations import RemoteAnswerError, RemoteError, TextTooLongError
from remote_server import Handler

KEY = "sk-secret1234/part5678+end90"
NASTY = "\x1b[31m\x1b]0;owned\x07\x9b2J\u202e\u2066"


@pytest.fixture
def encoder(remote, server, monkeypatch):
    monkeypatch.setenv("EMBEDDING_KEY", KEY)

    def make(**options):
        standard = {"model": server.config.model, "engine": "openai", "api_key_env": "EMBEDDING_KEY", "max_retries": 1}
        return remote(**{**standard, **options})

    return make


def echo(handler: Handler, _):
    """The right JSON, wrong contents: what it was sent, back."""
    return {"h": handler.headers["Authorization"], "nasty": NASTY}


def in_an_embedding(handler, body):
    answer = handler.answer(body)
    answer["data"][0]["embedding"] = [KEY, NASTY]
    return answer


def raw(content, code=200, **headers):
    return lambda handler, _: handler.reply(code, content, **headers)


def no_http(handler, _):
    """A status line that is none, with the key in it."""
    handler.wfile.write(f"HTTP/1.1 {KEY}\r\n\r\n".encode())
    handler.close_connection = True


def bad_header(handler, _):
    handler.wfile.write(f"HTTP/1.1 200 {KEY}\r\nContent-Length: {KEY}\r\n\r\n".encode())
    handler.close_connection = True


def reason(handler, _):
    handler.send_response(500, KEY)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


AFTER = "x" * (300 - len(KEY) // 2 - 12)
FAULTS = {
    "a wrong body": echo,
    "a wrong embedding": in_an_embedding,
    "no JSON": raw(f"busy {KEY} {NASTY}".encode()),
    "half a JSON": raw(json.dumps({"data": KEY})[:-1].encode()),
    "no UTF-8": raw(b'{"data": "\xff\xfe' + KEY.encode() + b'"}'),
    "400 with the key across the cut": faults.status(400, f"{AFTER} {KEY} end"),
    "400 with half of the key": faults.status(400, f"key {KEY[:14]}*** {NASTY}"),
    "400 with an escaped key": raw(b'{"error": "' + KEY.replace("/", "\\/").encode() + b'"}', 400),
    "401": faults.status(401, f"key {KEY}"),
    "404 with a page": raw(f"<html>{NASTY}{KEY}</html>".encode(), 404),
    "413": faults.status(413, f"{KEY} {NASTY}"),
    "429": faults.status(429, f"{KEY} {NASTY}", Retry_After="3600"),
    "500": faults.status(500, f"{KEY} {NASTY}"),
    "302 with the key in Location": faults.status(302, Location=f"http://other/?key={KEY}&k=sk-secret1234%2Fpart5678"),
    "no HTTP": no_http,
    "a bad header": bad_header,
    "a reason": reason,
    "another encoding": faults.encoded(b"x", f"{KEY}"),
}


def everything_of(error):
    """Whatever somebody may print of an exception."""
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield from (str(error), repr(error), repr(error.args), repr(vars(error)), *getattr(error, "__notes__", ()))
        if getattr(error, "__context__", None) is not None:
            yield from everything_of(error.__context__)
        error = error.__cause__


def parts_of(key):
    return [key[i : i + 8] for i in range(len(key) - 7)]


@pytest.mark.parametrize("name", FAULTS)
def test_the_key_and_terminal_commands_are_nowhere(encoder, server, caplog, name):
    server.faults.extend([FAULTS[name]] * 3)
    with caplog.at_level(logging.DEBUG), pytest.raises((RemoteError, TextTooLongError)) as caught:
        encoder().encode_document(["a text"])
    shown = [*everything_of(caught.value), "".join(traceback.format_exception(caught.value)), caplog.text]
    assert [part for part in parts_of(KEY) if any(part in text for text in shown)] == []
    assert set("".join(shown)).isdisjoint("\x1b\x07\x9b\u202e\u2066")
    assert server.authorizations[0] == f"Bearer {KEY}"


@pytest.mark.parametrize("name", ["a wrong body", "no JSON", "429"])
def test_the_last_failure_of_a_timeout_is_quoted_too(encoder, server, name):
    server.faults.extend([FAULTS[name], *[faults.hang] * 9])
    if name == "429":
        server.faults[0] = faults.status(429, f"{KEY} {NASTY}", Retry_After="0.1")
    with pytest.raises(RemoteError, match="The last failure: ") as caught:
        encoder(deadline_s=4.0).encode_document(["a text"])
    shown = [*everything_of(caught.value), "".join(traceback.format_exception(caught.value))]
    assert [part for part in parts_of(KEY) if any(part in text for text in shown)] == []
    assert set("".join(shown)).isdisjoint("\x1b\x07\x9b\u202e\u2066")


def test_a_quotation_still_says_what_the_server_said(encoder, server):
    server.faults.extend([faults.status(400, f"model not found; key {KEY}; \x1b[1mask the admin")] * 2)
    with pytest.raises(RemoteError, match=r"model not found; key \[api key\]; \\x1b\[1mask the admin"):
        encoder().encode_document(["a"])


def test_an_error_whose_body_cannot_be_unpacked_keeps_its_status(encoder, server):
    server.faults.append(faults.encoded(b"no gzip", "gzip", 404))
    with pytest.raises(RemoteError, match=r"HTTP 404\. Check base_url"):
        encoder().encode_document(["a"])
    server.faults.extend([faults.encoded(b"x", "br")] * 2)
    with pytest.raises(RemoteAnswerError, match="Content-Encoding"):
        encoder().encode_document(["a"])
