"""Connections that send slowly or nothing are closed, and others are answered meanwhile."""

import contextlib
import select
import socket
import time

import pytest

from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.server.connections import MAX_HEADER_BYTES
from served import HANG_S, serving

START = b"POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture(scope="module")
def hasty():
    with serving(EncoderConfig(model="tiny"), read_timeout_s=0.3) as running:
        yield running


def connected(served, sent=b""):
    connection = socket.create_connection(served.server.address, HANG_S)
    connection.sendall(sent)
    return connection


def rest_of(connection):
    """Return what the server sends until it closes the connection."""
    found = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            found += piece
    return found


@pytest.mark.parametrize("sent", [b"", b"POST", START])
def test_late_headers_end_the_connection_and_others_are_answered(hasty, sent):
    with connected(hasty, sent) as slow:
        assert hasty.http.get("/health").status_code == 200
        assert rest_of(slow) == b""


def test_late_headers_of_a_second_request_end_the_connection(hasty):
    with connected(hasty, b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n") as slow:
        assert b" 200 " in slow.recv(65536)
        slow.sendall(b"GET /hea")
        assert rest_of(slow) == b""


def test_a_late_body_is_answered_408(hasty):
    with connected(hasty, START + b"Content-Length: 100\r\n\r\n{") as slow:
        assert b" 408 " in rest_of(slow)


def test_endless_headers_end_the_connection(served):
    with connected(served, START) as flood:
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            for _ in range(10 * MAX_HEADER_BYTES // 1000):
                flood.sendall(b"X-Filler: " + b"x" * 990 + b"\r\n")
        assert rest_of(flood) == b""
    assert served.http.get("/health").status_code == 200


def test_hundreds_of_silent_connections_leave_the_server_answering(served):
    with contextlib.ExitStack() as stack:
        for _ in range(300):
            stack.enter_context(connected(served, b"POST"))
        assert served.post("/v1/embeddings", {"input": "still here"}).status_code == 200


def test_a_client_that_reads_no_answer_is_disconnected_and_others_are_answered():
    body = b'{"input": [%b], "encoding_format": "float"}' % b",".join(b'"text %d"' % i for i in range(2000))
    with serving(EncoderConfig(model="tiny")) as running, socket.socket() as deaf:
        running.server.config.http_protocol_class.write_timeout_s = 0.2
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(running.server.address)
        deaf.sendall(START + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        assert select.select([deaf], [], [], HANG_S)[0]  # the answer has begun
        end = time.monotonic() + HANG_S
        while deaf.getsockname() in {one.client for one in running.server.server_state.connections}:
            assert running.post("/v1/embeddings", {"input": "still here"}).status_code == 200
            assert time.monotonic() < end, "never disconnected"
        found = rest_of(deaf)
    assert b" 200 " in found
    assert len(found) < 2000 * 256 * 8


def test_headers_that_trickle_in_end_the_connection_all_the_same(hasty):
    with connected(hasty, START) as slow, contextlib.suppress(ConnectionError):
        end = time.monotonic() + HANG_S
        while not select.select([slow], [], [], 0.02)[0]:
            slow.sendall(b"x")
            assert time.monotonic() < end, "never closed"
        assert slow.recv(1) == b""


def test_a_client_that_ends_its_side_in_the_middle_of_headers_is_closed(hasty):
    with connected(hasty, START) as half:
        half.shutdown(socket.SHUT_WR)
        assert rest_of(half) == b""
