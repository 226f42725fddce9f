"""Makes a report: the page, the files with the rows behind its figures, and what the next report is compared with."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from assets.finops.logic.report import changes as comparison
from assets.finops.logic.report import data_files, page, snapshot
from assets.finops.logic.report.data import ReportData
from assets.finops.logic.report.sources import FOLDER


@dataclass(frozen=True, slots=True)
class Report:
    """A report, ready to be stored.

    Attributes:
        page: The HTML page. Its links to the files are relative.
        files: Path relative to the page, and content, of each file with rows.
        obsolete: Paths of files that an earlier report may have left in the place of one of these.
        kept: What the next report needs to tell what changed.
        changes: Number of figures that differ from the report before.
    """

    page: str
    files: Mapping[str, bytes]
    obsolete: tuple[str, ...]
    kept: bytes
    changes: int


def make(data: ReportData, kept: bytes | None) -> Report:
    """Make the report.

    Args:
        data: What it shows.
        kept: What the report before left to be compared with; None if there was none.
    """
    changed, keep = _compared(data, kept)
    frames = data_files.frames(data, changed.rows)
    names = {source: data_files.file_name(source, frame) for source, frame in frames.items()}
    return Report(
        page=page.render(data, changed, names),
        files={f"{FOLDER}/{names[source]}": data_files.written(frame) for source, frame in frames.items()},
        obsolete=tuple(f"{FOLDER}/{data_files.other_name(name)}" for name in names.values()),
        kept=snapshot.packed(keep),
        changes=changed.rows.height,
    )


def _compared(data: ReportData, kept: bytes | None) -> tuple[comparison.Changes, pl.DataFrame]:
    """What changed, and the snapshots to keep. A snapshot that cannot be read must not prevent the report."""
    now = snapshot.snapshot(data)
    if kept is None:
        return comparison.nothing_before(), now
    try:
        earlier = snapshot.unpacked(kept)
    except ValueError as error:
        return comparison.nothing_before(lost=str(error)), now
    before, keep = snapshot.baseline(earlier, now)
    return comparison.changes(before, now), keep
