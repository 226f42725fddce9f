"""Generations in folders, one of them live: the file that says which is replaced in one step."""

import re
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import polars as pl
from pydantic import Field, PrivateAttr

from resources.embeddings import EmbeddingModel, Vectors
from resources.errors import Conflict, NotFound
from resources.knowledge_base.embedded.files import delete, file_errors, only_writer, open_file, sync_folder
from resources.knowledge_base.embedded.manifest import (
    Catalogue,
    Manifest,
    read_catalogue,
    read_manifest,
    write_catalogue,
    write_manifest,
)
from resources.knowledge_base.embedded.snapshot import EmbeddedSnapshot
from resources.knowledge_base.embedded.writing import Writer
from resources.knowledge_base.interface import Generation, KnowledgeBase, State
from resources.knowledge_base.rows import checked_rows, checked_vectors

_LOCK = "writer.lock"
_ATTEMPTS = 30
_GENERATION = re.compile(r"\d{8}T\d{12}Z-[0-9a-f]{8}")
_FILE = re.compile(r"(segment|vectors|dead)-\d{6,}\.\w+|manifest\.part")
"""Names that this module gives: nothing else is ever deleted."""
_Result = TypeVar("_Result")


class EmbeddedKnowledgeBase(KnowledgeBase):
    """A folder on a local disk.

    Any number of processes read; one at a time writes to a generation (a second one gets Conflict), and one at a time
    changes which generations there are. A writer that is killed leaves the former state; its files are removed by the next.
    """

    root: str = Field(description="Folder of the knowledge base; it is made when first written to.")
    index_from: int = Field(
        default=20_000, ge=2, description="Passages from which on an approximate index is built; comparing fewer takes 3 ms."
    )
    _latest: EmbeddedSnapshot | None = PrivateAttr(default=None)

    def generations(self) -> list[Generation]:
        """See KnowledgeBase."""
        with file_errors(self.root):
            return _until_settled(self._generations)

    def begin(self, model: EmbeddingModel, chunking: str) -> Generation:
        """See KnowledgeBase. A new generation is named by the time of its beginning."""
        with self._changing() as catalogue:
            for generation_id in catalogue.building:
                manifest = read_manifest(self._folder(generation_id))
                if (manifest.model, manifest.chunking) == (model, chunking):
                    return _generation(generation_id, "building", manifest)
            generation_id = _new_id(max(catalogue.states(), default=""))
            manifest = Manifest(model, chunking)
            self._folder(generation_id).mkdir()
            write_manifest(self._folder(generation_id), manifest)
            sync_folder(self._root)
            write_catalogue(self._root, replace(catalogue, building=(*catalogue.building, generation_id)))
            return _generation(generation_id, "building", manifest)

    def write(self, generation_id: str, rows: pl.DataFrame, vectors: Vectors, *, remove: Collection[int] = ()) -> None:
        """See KnowledgeBase."""
        with self._writing(generation_id) as writer:
            rows = checked_rows(rows, writer.manifest.model)
            vectors = checked_vectors(vectors, rows.height, writer.manifest.model)
            self._commit(writer, writer.written(rows, vectors, remove))

    def update(self, generation_id: str, rows: pl.DataFrame) -> None:
        """See KnowledgeBase. Vectors and the index over them stay as they are."""
        with self._writing(generation_id) as writer:
            self._commit(writer, writer.updated(checked_rows(rows, writer.manifest.model)))

    def optimise(self, generation_id: str) -> None:
        """See KnowledgeBase. The checksums of all files are verified first; raises BadInput if one is damaged."""
        with self._writing(generation_id) as writer:
            for stored in writer.manifest.files():
                open_file(writer.folder, stored, thoroughly=True)
            self._commit(writer, writer.optimised())

    def cut_over(self, generation_id: str) -> None:
        """See KnowledgeBase."""
        with self._changing() as catalogue:
            self._must_have(catalogue, generation_id)
            if catalogue.live == generation_id:
                return
            building = tuple(g for g in catalogue.building if g != generation_id)
            write_catalogue(self._root, Catalogue(generation_id, catalogue.live, building))

    def roll_back(self) -> Generation:
        """See KnowledgeBase."""
        with self._changing() as catalogue:
            if not catalogue.previous:
                raise NotFound("there is no previous generation", "Build one with the job documents_reembed and cut over to it.")
            manifest = read_manifest(self._folder(catalogue.previous))
            write_catalogue(self._root, replace(catalogue, live=catalogue.previous, previous=catalogue.live))
            return _generation(catalogue.previous, "live", manifest)

    def drop(self, generation_id: str) -> None:
        """See KnowledgeBase."""
        with self._changing() as catalogue:
            self._must_have(catalogue, generation_id)
            if catalogue.live == generation_id:
                raise Conflict(f"{generation_id} is live", "Cut over to another generation first.")
            with only_writer(self._folder(generation_id) / _LOCK, generation_id):
                previous = None if catalogue.previous == generation_id else catalogue.previous
                building = tuple(g for g in catalogue.building if g != generation_id)
                write_catalogue(self._root, Catalogue(catalogue.live, previous, building))

    def snapshot(self, generation_id: str | None = None) -> EmbeddedSnapshot:
        """See KnowledgeBase. Repeated snapshots share their open files, and are the same while nothing is written."""
        with file_errors(self.root):
            return _until_settled(lambda: self._snapshot(generation_id))

    def _snapshot(self, generation_id: str | None) -> EmbeddedSnapshot:
        catalogue = read_catalogue(self._root)
        chosen = catalogue.live if generation_id is None else generation_id
        if chosen is None:
            raise NotFound("there is no live generation", "Build one with the job documents_refresh, and cut over to it.")
        self._must_have(catalogue, chosen)
        manifest = read_manifest(self._folder(chosen))
        generation = _generation(chosen, catalogue.states()[chosen], manifest)
        latest = self._latest
        if latest is None or latest.generation != generation or latest.manifest != manifest:
            latest = EmbeddedSnapshot(self._folder(chosen), generation, manifest, latest)
            self._latest = latest
        return latest

    def _generations(self) -> list[Generation]:
        states = read_catalogue(self._root).states()
        return [_generation(g, state, read_manifest(self._folder(g))) for g, state in states.items()]

    @property
    def _root(self) -> Path:
        return Path(self.root)

    def _folder(self, generation_id: str) -> Path:
        return self._root / generation_id

    @contextmanager
    def _changing(self) -> Iterator[Catalogue]:
        """The catalogue, while nobody else changes it."""
        with file_errors(self.root):
            self._root.mkdir(parents=True, exist_ok=True)
            with only_writer(self._root / _LOCK, f"the knowledge base in {self.root}"):
                yield read_catalogue(self._root)
                self._delete_unnamed_generations()

    @contextmanager
    def _writing(self, generation_id: str) -> Iterator[Writer]:
        """The generation, while nobody else writes to it."""
        folder = self._folder(generation_id)
        with file_errors(self.root):
            self._must_have(read_catalogue(self._root), generation_id)
            with only_writer(folder / _LOCK, generation_id):
                self._must_have(read_catalogue(self._root), generation_id)
                manifest = read_manifest(folder)
                _delete_unnamed_files(folder, manifest)
                yield Writer(folder, manifest, self.index_from)

    def _commit(self, writer: Writer, manifest: Manifest) -> None:
        """Make the change visible; then merge what has become many, which changes no answer."""
        due: Manifest | None = manifest
        while due is not None and due != writer.manifest:
            sync_folder(writer.folder)
            write_manifest(writer.folder, due)
            writer = replace(writer, manifest=due)
            _delete_unnamed_files(writer.folder, due)
            due = writer.merged()

    def _must_have(self, catalogue: Catalogue, generation_id: str) -> None:
        if generation_id not in catalogue.states():
            raise NotFound(f"there is no generation {generation_id!r}", "List the generations to see what there is.")

    def _delete_unnamed_generations(self) -> None:
        named = read_catalogue(self._root).states()
        for folder in self._root.iterdir():
            if folder.name not in named and _GENERATION.fullmatch(folder.name):
                # one that is still being written is deleted after the next change
                with suppress(Conflict), only_writer(folder / _LOCK, folder.name):
                    delete(folder)


def _until_settled(read: Callable[[], _Result]) -> _Result:
    """Read again if a file was replaced between reading its name and opening it."""
    for attempt in range(_ATTEMPTS):
        try:
            return read()
        except FileNotFoundError:
            time.sleep(0.001 * attempt)
    return read()


def _delete_unnamed_files(folder: Path, manifest: Manifest) -> None:
    named = {stored.name for stored in manifest.files()}
    for path in folder.iterdir():
        if path.name not in named and _FILE.fullmatch(path.name):
            delete(path)


def _generation(generation_id: str, state: State, manifest: Manifest) -> Generation:
    return Generation(generation_id, manifest.model, manifest.chunking, state, manifest.live_rows)


def _new_id(after: str) -> str:
    """A name by the time, later than `after` even if clocks were set back."""
    while True:
        generation_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}Z-{uuid4().hex[:8]}"
        if generation_id > after:
            return generation_id
        time.sleep(0.001)
