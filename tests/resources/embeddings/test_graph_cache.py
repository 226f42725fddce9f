"""Files that are kept for a key."""

from pathlib import Path

import pytest

from resources.embedding_models.graph_cache import kept
from resources.errors import Denied


def test_a_file_is_made_once_and_may_be_read_by_others(tmp_path: Path) -> None:
    made = []

    def make() -> bytes:
        made.append(1)
        return b"graph"

    assert [kept(tmp_path / "cache", "key", make) for _ in range(2)] == [b"graph"] * 2
    assert len(made) == 1
    (file,) = (tmp_path / "cache").iterdir()
    assert file.stat().st_mode & 0o777 == 0o644


def test_nothing_stays_of_a_file_that_could_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(Denied, match="No space left"):
        kept(tmp_path, "key", lambda: b"graph")
    assert list(tmp_path.iterdir()) == []
