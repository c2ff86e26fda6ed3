"""A body is read within its limits."""

import json
import socket

import pytest

from served import HANG_S


def raw(served, head, *pieces):
    """Send bytes as they are and return the first line and the body of the answer."""
    host, port = served.server.address
    with socket.create_connection((host, port), HANG_S) as connection:
        connection.sendall(head.encode() + b"\r\n\r\n")
        for piece in pieces:
            connection.sendall(piece)
        answer = b""
        while b"\r\n\r\n" not in answer or not answer.endswith(b"}"):
            piece = connection.recv(65536)
            if not piece:
                break
            answer += piece
    start, _, body = answer.partition(b"\r\n\r\n")
    return int(start.split()[1]), json.loads(body)


HEAD = "POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json"


def test_a_body_that_says_it_has_3_gb_is_refused_unread(served):
    status, answer = raw(served, f"{HEAD}\r\nContent-Length: 3000000000")
    assert (status, answer["error"]["code"]) == (413, "request_too_large")


def test_a_body_without_a_length_is_counted_while_it_is_read(served):
    piece = b"%x\r\n" % (1 << 20) + b" " * (1 << 20) + b"\r\n"
    status, answer = raw(served, f"{HEAD}\r\nTransfer-Encoding: chunked", *[piece] * 10)
    assert (status, answer["error"]["code"]) == (413, "request_too_large")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"nonsense", "not JSON"),
        (b"[1]", "not an object"),
        (b"\xff\xfe", "not JSON"),
        (b'{"input": "\\ud800"}', "not JSON"),
        (b'{"input": "a", "dimensions": NaN}', "dimensions"),
        (b'{"input": "a", "dimensions": 1e999}', "dimensions"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_a_body_that_is_no_request_is_told_so_and_not_quoted(served, body, said):
    answer = served.http.post("/v1/embeddings", content=body)
    assert answer.status_code == 400
    assert said in answer.json()["error"]["message"]


def test_a_compressed_body_is_refused(served):
    answer = served.http.post("/v1/embeddings", content=b"x", headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 415
