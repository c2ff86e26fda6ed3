"""Cases of documents: damaged files in every format, and writes of any text, id and metadata to a store."""

from __future__ import annotations

import json
import shutil
import uuid
from functools import cache
from pathlib import Path
from typing import Any

from document_files import FILES
from qwen3_embed_integrations import Qwen3EmbedError, Qwen3Encoder
from qwen3_embed_integrations.chroma import Qwen3EmbeddingFunction, add_documents, open_collection
from qwen3_embed_integrations.core.safe_text import safe_text
from qwen3_embed_integrations.rag.corpora.blocks import UnreadableFileError
from qwen3_embed_integrations.rag.corpora.folder import folder_corpus
from qwen3_embed_integrations.rag.corpora.loaders.registry import readers
from qwen3_embed_integrations.rag.corpora.reader_process import ReaderProcess

from .checks import LeakError, WrongEmbeddingError
from .random_values import RandomValues

TIMEOUT_S = 60.0
_TERMINAL = frozenset("\x00\x07\x1b\x9b\u202e\u2066")


@cache
def contents(name: str) -> bytes:
    """Return the whole file of a format."""
    made = FILES[name]()
    return made.encode() if isinstance(made, str) else made


def files(values: RandomValues, shown: dict[str, Any], process: ReaderProcess, folder: Path) -> None:
    """A damaged file, or any bytes under any suffix, is a document of whole Unicode, or a reason to leave it out."""
    name = shown["name"] = values.choice(tuple(FILES))
    content = values.bytes(values.below(2000)) if values.one_in(5) else contents(name)
    content = values.damaged(content) if values.one_in(2) else values.damaged(values.damaged(content))
    shown["content"] = content[:2000]
    known = readers({})
    suffix = values.choice(tuple(known)) if values.one_in(8) else Path(name).suffix
    path = folder / f"a{suffix}"
    path.write_bytes(content)
    try:
        document = process.read(path, path.name, known.get(suffix, known[".txt"]))
    except UnreadableFileError:
        return
    finally:
        path.unlink()
    for text in (document.title, *(block.text for block in document.blocks)):
        text.encode()
        if "\0" in text:
            raise WrongEmbeddingError("a block holds NUL")


def folders(values: RandomValues, shown: dict[str, Any], folder: Path) -> None:
    """A folder of files with any names is a corpus that names what it left out, without terminal commands."""
    root = folder / "folder"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    names = shown["names"] = []
    for _ in range(1 + values.below(4)):
        stem = values.bytes(1 + values.below(12)).translate(None, b"\0/")
        suffix = values.choice((".txt", ".md", ".html", ".json", ".pdf", "", ".bin", values.text()[:4]))
        name = stem + suffix.encode("utf-8", "replace").translate(None, b"\0/")
        if name.strip(b"."):
            names.append(name)
            Path(root / name.decode("utf-8", "surrogateescape")).write_bytes(values.damaged(b"# Costs\n\nA text.\n"))
    told = []
    try:
        corpus = folder_corpus(root, timeout_s=TIMEOUT_S, skip_unreadable=True)
        told += [*corpus.skipped, *(safe_text(document.source) for document in corpus.documents)]
    except Qwen3EmbedError as error:
        told.append(str(error))
    for line in told:
        line.encode()
        if set(line) & _TERMINAL:
            raise LeakError(f"{line!r} would act on a terminal")


def writes(values: RandomValues, shown: dict[str, Any], client: Any, encoder: Qwen3Encoder) -> None:
    """An add of anything is written whole and comes back equal, or is refused with nothing written."""
    n = 1 + values.below(4)
    texts = [values.text() for _ in range(n)]
    ids = [values.text() if values.one_in(3) else f"id{i}" for i in range(n)]
    metadatas = [_metadata(values) for _ in range(n)] if values.one_in(2) else None
    shown |= {"texts": texts, "ids": ids, "metadatas": metadatas}
    collection = open_collection(client, f"fuzz-{uuid.uuid4()}", Qwen3EmbeddingFunction(encoder.config))
    try:
        add_documents(client, collection, texts, ids=ids, metadatas=metadatas)
    except Qwen3EmbedError:
        if collection.count():
            raise
        return
    finally:
        found = collection.get()
        client.delete_collection(collection.name)
    stored = dict(zip(found["ids"], zip(found["documents"] or [], found["metadatas"] or [], strict=True), strict=True))
    for index, name in enumerate(ids):
        text, metadata = stored[name]
        if text != texts[index].encode("utf-16", "surrogatepass").decode("utf-16", "replace"):
            raise WrongEmbeddingError(f"document {index} was stored as {text!r}")
        given = metadatas[index] if metadatas else None
        if len(metadata or {}) != len(given or {}):
            raise WrongEmbeddingError(f"metadata {index} was stored as {json.dumps(metadata, default=repr)}")


def _metadata(values: RandomValues) -> Any:
    if values.one_in(3):
        return values.junk(1)
    return {values.text()[:8] or "k": values.junk(1) for _ in range(values.below(3))}
