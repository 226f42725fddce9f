"""What a generation consists of, and which generations there are: two small files that are replaced in one step."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from resources.embeddings import EmbeddingModel
from resources.knowledge_base.embedded.files import StoredFile, damaged, read_json, write_json
from resources.knowledge_base.interface import State

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class VectorsEntry:
    """Vectors that were stored together, and the graph over them if there is one.

    Attributes:
        rows: Vectors, those of removed passages counted in.
        vectors: Raw float32, row by row.
        graph: The approximate index; its keys are row numbers.
    """

    rows: int
    vectors: StoredFile
    graph: StoredFile | None


@dataclass(frozen=True, slots=True)
class SegmentEntry:
    """Passages that were stored together.

    Attributes:
        rows: Passages, removed ones counted in.
        passages: Their columns, an Arrow file.
        columns: Arrays for filters and lexical search, and where their vectors are.
        vectors: Number of the vectors that they point into.
        dead: Which rows were removed or replaced, a bit each; None if none was.
        dead_rows: How many.
    """

    rows: int
    passages: StoredFile
    columns: StoredFile
    vectors: int
    dead: StoredFile | None = None
    dead_rows: int = 0

    @property
    def live_rows(self) -> int:
        """Passages that can be found."""
        return self.rows - self.dead_rows


@dataclass(frozen=True, slots=True)
class Manifest:
    """A generation at one moment. Files that it does not name are leftovers."""

    model: EmbeddingModel
    chunking: str
    segments: tuple[SegmentEntry, ...] = ()
    vectors: Mapping[int, VectorsEntry] = field(default_factory=dict)
    next_number: int = 1

    @property
    def live_rows(self) -> int:
        """Passages that can be found."""
        return sum(segment.live_rows for segment in self.segments)

    def files(self) -> Iterator[StoredFile]:
        """All that it names."""
        for segment in self.segments:
            yield from filter(None, (segment.passages, segment.columns, segment.dead))
        for vectors in self.vectors.values():
            yield from filter(None, (vectors.vectors, vectors.graph))

    def with_segments(
        self, segments: tuple[SegmentEntry, ...], vectors: Mapping[int, VectorsEntry], next_number: int
    ) -> "Manifest":
        """With these segments that hold living rows, and those of the vectors that they point into."""
        living = tuple(segment for segment in segments if segment.live_rows)
        used = {segment.vectors for segment in living}
        kept = {number: entry for number, entry in vectors.items() if number in used}
        return replace(self, segments=living, vectors=kept, next_number=next_number)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Commit it: this is the moment at which readers see a change."""
    write_json(folder / "manifest.json", {"format": _FORMAT, **asdict(manifest)})


def read_manifest(folder: Path) -> Manifest:
    """The generation as it is now. Raises FileNotFoundError if it is gone."""
    path = folder / "manifest.json"
    content = _of_this_format(path)
    return Manifest(
        model=EmbeddingModel(**content["model"]),
        chunking=content["chunking"],
        segments=tuple(_segment(entry) for entry in content["segments"]),
        vectors={int(number): _vectors(entry) for number, entry in content["vectors"].items()},
        next_number=content["next_number"],
    )


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Which generations there are, by name. Folders that it does not name are leftovers."""

    live: str | None = None
    previous: str | None = None
    building: tuple[str, ...] = ()

    def states(self) -> dict[str, State]:
        """Generations and their states, oldest first."""
        states: dict[str, State] = dict.fromkeys(self.building, "building")
        if self.live:
            states[self.live] = "live"
        if self.previous:
            states[self.previous] = "previous"
        return dict(sorted(states.items()))


def write_catalogue(root: Path, catalogue: Catalogue) -> None:
    """Commit it: this is the moment of a cut-over."""
    write_json(root / "generations.json", {"format": _FORMAT, **asdict(catalogue)})


def read_catalogue(root: Path) -> Catalogue:
    """As it is now; empty if nothing was ever written."""
    path = root / "generations.json"
    try:
        content = _of_this_format(path)
    except FileNotFoundError:
        return Catalogue()
    return Catalogue(content["live"], content["previous"], tuple(content["building"]))


def _of_this_format(path: Path) -> dict[str, Any]:
    content = read_json(path)
    if content["format"] != _FORMAT:
        raise damaged(path, f"it has format {content['format']}, and this version reads {_FORMAT}")
    return content


def _file(entry: dict[str, Any] | None) -> StoredFile | None:
    return StoredFile(**entry) if entry else None


def _segment(entry: dict[str, Any]) -> SegmentEntry:
    files = {"passages": StoredFile(**entry["passages"]), "columns": StoredFile(**entry["columns"]), "dead": _file(entry["dead"])}
    return SegmentEntry(**{**entry, **files})


def _vectors(entry: dict[str, Any]) -> VectorsEntry:
    return VectorsEntry(entry["rows"], StoredFile(**entry["vectors"]), _file(entry["graph"]))
