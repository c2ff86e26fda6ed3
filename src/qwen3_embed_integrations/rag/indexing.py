"""Bring an index in step with documents: read them, cut them, embed what is new."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.console import Console

from qwen3_embed_integrations import ConfigError, Qwen3Encoder

from .corpora.chunking import ChunkOptions
from .corpora.corpus import ChunkMemory, Corpus, chunks_by_id
from .corpora.folder import FileMemory, folder_corpus, unknown_files
from .corpora.stdlib_docs import stdlib_documents, stdlib_name
from .index import Changes, Index
from .options import RagOptions
from .terminal import indexing_progress, print_note
from .watch import require_watch

_OVERLAP = 0.15  # of a chunk: the best of 10, 15 and 20 % in NVIDIA's study of page-level chunking, 2025


@dataclass(frozen=True)
class DocumentSource:
    """The documents of a run. What did not change between two syncs is neither read nor cut again.

    Attributes:
        options: The run's options.
        chunk_options: How documents are cut.
        encoder: Counts their tokens.
        notes: Where progress and what is left out are printed.
    """

    options: RagOptions
    chunk_options: ChunkOptions
    encoder: Qwen3Encoder
    notes: Console
    _files: FileMemory = field(default_factory=dict)
    _chunks: ChunkMemory = field(default_factory=dict)

    def read(self, *, skip_unreadable: bool | None = None) -> Corpus:
        """Return the documents, and print what is left out.

        Args:
            skip_unreadable: As in the options unless it is given.

        Raises:
            RagError: There are none, or one can't be read.
        """
        options = self.options
        with self.notes.status("Reading documents"):
            if options.docs is None:
                return Corpus(stdlib_name(), stdlib_documents())
            corpus = folder_corpus(
                options.docs,
                skip_unreadable=options.skip_unreadable if skip_unreadable is None else skip_unreadable,
                given_readers=options.readers,
                timeout_s=options.file_timeout_s,
                memory=self._files if options.watch else None,
            )
        self._print_left_out(corpus)
        return corpus

    def sync(self, index: Index, corpus: Corpus) -> None:
        """Bring the index in step with the documents, and print what changed.

        Raises:
            RagError: The index is in use by another process, or can't be written.
        """
        print_note(self.notes, self._sync(index, corpus)[1])

    def resync(self, index: Index) -> None:
        """Read the documents again, sync them, and print what changed, if anything did.

        A file that can't be read now is left out and named: it may be half written.

        Raises:
            RagError: There are no documents, or the index can't be written.
        """
        changes, summary = self._sync(index, self.read(skip_unreadable=True))
        if changes.added or changes.removed:
            print_note(self.notes, summary)

    def _sync(self, index: Index, corpus: Corpus) -> tuple[Changes, str]:
        started = time.monotonic()
        memory = self._chunks if self.options.watch else None
        chunks = chunks_by_id(corpus.documents, self._count_tokens, self.chunk_options, memory)
        with indexing_progress(self.notes) as on_progress:
            changes = index.sync(chunks, on_progress)
        parts = [f"{changes.added:,} embedded in {time.monotonic() - started:.0f} s"] if changes.added else []
        parts += [f"{changes.kept:,} unchanged"] if changes.kept else []
        parts += [f"{changes.removed:,} removed"] if changes.removed else []
        n_documents = f"{len(corpus.documents):,} documents, {len(chunks):,} chunks"
        return changes, f"{corpus.name}: {n_documents} ({', '.join(parts)})"

    def _count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [int(n) - 1 for n in self.encoder.count_tokens(texts)]  # without the end token

    def _print_left_out(self, corpus: Corpus) -> None:
        for skipped in corpus.skipped:
            print_note(self.notes, f"Left out: {skipped}")
        if corpus.unknown:
            n_files = sum(count for _, count in corpus.unknown)
            print_note(self.notes, f"Left out: {n_files:,} files of unknown kind: {unknown_files(corpus.unknown)}")
        if corpus.n_merged:
            text = f"{corpus.n_merged:,} files are the sources of pages beside them, which are read instead."
            print_note(self.notes, text)


def chunk_options(options: RagOptions, encoder: Qwen3Encoder) -> ChunkOptions:
    """Return how documents are cut.

    Raises:
        ConfigError: A chunk would be longer than the text that the encoder embeds.
    """
    n_prompt = int(encoder.count_tokens([encoder.prompt("document")])[0])  # the end token included
    longest = encoder.model_info.max_length(encoder.config) - n_prompt
    tokens = longest * 25 // 32  # whose limit is `longest`
    if options.chunk_by != "document":
        if "chunk_tokens" in options.model_fields_set and options.chunk_tokens > tokens:
            raise ConfigError(
                f"--chunk-tokens={options.chunk_tokens} makes chunks of up to {options.chunk_tokens * 32 // 25} "
                f"tokens, but {longest} are embedded. Use at most {tokens}, or raise --max-length."
            )
        tokens = min(tokens, options.chunk_tokens)
    overlap = int(tokens * _OVERLAP) if options.chunk_overlap is None else min(options.chunk_overlap, tokens // 2)
    return ChunkOptions(tokens, overlap, options.chunk_by)


def check_watch(options: RagOptions) -> None:
    """Check that `--watch` can follow something.

    Raises:
        ConfigError: There is no folder of documents.
        MissingExtraError: watchfiles is not installed.
    """
    if options.docs is None:
        raise ConfigError("--watch follows a folder of your own: add --docs PATH.")
    require_watch()
