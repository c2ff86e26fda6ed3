"""Cases of the remote backend: answers in any encoding, stored configs of strangers, and odd proxy settings."""

from __future__ import annotations

import gzip
import json
import os
import pickle
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from qwen3_embed_integrations import EncoderConfig, Qwen3EmbedError, Qwen3Encoder
from remote_server import Handler, Server

from .checks import LeakError, check
from .random_values import RandomValues

VARIABLE, KEY = "FUZZ_API_KEY", "sk-fuzz-0123456789/abcdef+end=="
_TERMINAL = "\x1b]0;x\x07\x9b2J\u202e"
_BOMB = bytes(4_000_000)  # three times the limit
_SETTINGS = ("HTTP_PROXY", "https_proxy", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")
_RESTORE: tuple[Callable[[dict[str, Any]], EncoderConfig], ...] = (
    EncoderConfig.from_options,
    EncoderConfig.model_validate,
    lambda options: EncoderConfig.from_options(options).replace(dimension=32),
    lambda options: EncoderConfig.from_options(options).plain(),
    lambda options: pickle.loads(pickle.dumps(EncoderConfig.from_options(options))),  # noqa: S301 - our own bytes
)


def encodings(values: RandomValues, shown: dict[str, Any], server: Server, model: Path) -> None:
    """Any encoding of any answer is unit embeddings, or an error that shows neither the key nor terminal commands."""
    os.environ[VARIABLE] = KEY
    layers = shown["layers"] = [values.choice(("gzip", "deflate", "raw")) for _ in range(values.below(4))]
    header = shown["header"] = values.choice(
        (", ".join(layers), "gzip", "gzip, gzip", "deflate", "br", "zstd", "identity", "", KEY)
    )
    kind = shown["kind"] = values.choice(("right", "right", "bomb", "key", "junk"))
    status = shown["status"] = values.choice((200, 200, 200, 302, 400, 401, 413, 500))
    is_damaged = values.one_in(3)

    def fault(handler: Handler, body: dict[str, Any]) -> None:
        content = {
            "right": lambda: json.dumps(handler.answer(body)).encode(),
            "bomb": lambda: _BOMB,
            "key": lambda: f"{values.text()[:400]}{KEY[: 8 + values.below(30)]}{_TERMINAL}".encode("utf-8", "replace"),
            "junk": lambda: json.dumps(values.junk(), default=repr).encode(),
        }[kind]()
        for layer in layers:
            content = _packed(content, layer)
        content = values.damaged(content) if is_damaged else content
        handler.reply(status, content, Content_Encoding=header, Location=f"http://x/?k={KEY}")

    server.faults.extend([fault] * values.choice((1, 2, 3)))
    encoder = Qwen3Encoder(
        model=str(model), backend="remote", base_url=server.url, api_key_env=VARIABLE,
        max_retries=values.below(2), timeout_s=5.0, deadline_s=15.0,
    )  # fmt: skip
    texts = values.texts(3)
    try:
        check(encoder.encode_document(texts), len(texts), encoder.dimension)
    except Qwen3EmbedError as error:
        _check_shown(error)
    finally:
        encoder.unload()
        server.faults.clear()


def stored_configs(values: RandomValues, shown: dict[str, Any], stranger: Server) -> None:
    """A restored config sends nothing to the server that it names, whatever else it holds."""
    os.environ[VARIABLE] = KEY
    url = stranger.url
    options: dict[str, Any] = {
        "backend": "remote",
        "base_url": values.choice((url, f"{url}/v1", f"{url}/", url.upper(), f"{url}/{values.text()}", values.text())),
        "model": values.choice(("0.6B", "somebody/model", values.text())),
        "api_key_env": values.choice((VARIABLE, "HOME", None, values.text())),
    }
    options |= {values.choice(tuple(EncoderConfig.model_fields)): values.junk() for _ in range(values.below(2))}
    restore = values.below(len(_RESTORE))
    shown |= {"options": options, "restore": restore}
    try:
        encoder = Qwen3Encoder(_RESTORE[restore](options))
        encoder.encode_document(["a text"])
    except (Qwen3EmbedError, ValidationError) as error:  # pydantic's own method raises its own error
        _check_shown(error)
    if stranger.requests:
        raise LeakError(f"the stranger's server got {stranger.requests}")


def settings(values: RandomValues, shown: dict[str, Any], server: Server, model: Path) -> None:
    """With any proxy or certificate setting a server here is asked directly; another is refused without its value."""
    hosts = ("127.0.0.1:1", "[::1", "h:99999", "", values.text()[:20])
    given = {}
    for _ in range(1 + values.below(2)):
        address = f"{values.choice(('http', 'socks5', 'ftp', 'HTTP ', ''))}://user:{KEY}@{values.choice(hosts)}"
        name = values.choice(_SETTINGS)
        path = values.choice(("/nonexistent", "/dev/null", "*", "127.0.0.1/99", values.text()[:40]))
        value = path if name.startswith(("SSL", "NO")) or values.one_in(4) else address
        given[name] = value.replace("\0", "").encode("utf-8", "replace").decode()
    shown["settings"] = given
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    limits: dict[str, Any] = {"backend": "remote", "max_retries": 0, "timeout_s": 20.0, "deadline_s": 20.0}
    here = Qwen3Encoder(model=str(model), base_url=server.url, **limits)
    try:
        check(here.encode_document(["a text"]), 1, here.dimension)
        Qwen3Encoder(model="somebody/model", base_url="https://embed.invalid/v1", **limits).encode_document(["a text"])
    except Qwen3EmbedError as error:
        _check_shown(error)
        if "embed.invalid" not in str(error) and not any(name in str(error) for name in given):
            raise
    finally:
        here.unload()
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _packed(content: bytes, layer: str) -> bytes:
    if layer == "gzip":
        return gzip.compress(content, 1)
    packer = zlib.compressobj(1, wbits=zlib.MAX_WBITS if layer == "deflate" else -zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


def _check_shown(error: BaseException | None) -> None:
    """Raise if an exception of a chain shows 8 characters of the key, or a character that acts on a terminal."""
    while error is not None:
        told = f"{error} {error!r} {vars(error)}"
        if any(KEY[i : i + 8] in told for i in range(len(KEY) - 7)):
            raise LeakError("an error shows the key")
        if isinstance(error, Qwen3EmbedError) and set(str(error)) & set(_TERMINAL) - set("]0;x2J"):
            raise LeakError("an error holds terminal commands")
        error = error.__cause__ or error.__context__
