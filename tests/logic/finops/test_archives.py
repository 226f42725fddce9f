"""Archives are opened safely: hostile or damaged ones end in one named error, and nothing is written but the target."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.finops.logic import archives
from assets.finops.logic.archives import UnsafeArchive, extract, members

NAMES = ["../../evil.csv", "/etc/evil.csv", "a/../../evil.csv", "plain.csv", "C:\\evil.csv", "a\nb.csv"]


def tar(path: Path, *entries: tuple[str, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:
        for name, body in entries:
            info = tarfile.TarInfo(name)
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
    return path


def zipped(path: Path, *entries: tuple[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in entries:
            archive.writestr(name, body)
    return path


@pytest.mark.parametrize("make", [tar, lambda p, *e: tar(p, *e, mode="w:gz"), lambda p, *e: tar(p, *e, mode="w:bz2"), zipped])
def test_members_are_listed_with_names_as_given_and_written_only_to_the_target(tmp_path, make):
    folder = tmp_path / "in" / "deep"
    folder.mkdir(parents=True)
    archive = make(folder / "archive", *((name, name.encode()) for name in NAMES))
    before = set(tmp_path.rglob("*"))

    assert sorted(m.size for m in members(archive)) == sorted(len(n) for n in NAMES)
    for member in members(archive):
        extract(archive, member.name, folder / "target")
        assert (folder / "target").read_bytes() == member.name.encode()
    assert set(tmp_path.rglob("*")) == before | {folder / "target"}


def test_links_devices_and_folders_are_no_members(tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE):
            info = tarfile.TarInfo(f"evil-{kind!r}")
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)

    assert members(tmp_path / "a.tar") == []
    with pytest.raises(UnsafeArchive):
        extract(tmp_path / "a.tar", f"evil-{tarfile.SYMTYPE!r}", tmp_path / "target")
    assert not (tmp_path / "target").exists()


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    with pytest.raises(UnsafeArchive, match="unpacks to more than"):
        members(zipped(tmp_path / "bomb.zip", ("zeros.csv", bytes(20_000_000))))
    with pytest.raises(UnsafeArchive, match="unpacks to more than"):
        members(tar(tmp_path / "bomb.tar.bz2", ("zeros.csv", bytes(20_000_000)), mode="w:bz2"))
    monkeypatch.setattr(archives, "SIZE_LIMIT", 10_000)
    with pytest.raises(UnsafeArchive, match="unpacks to more than"):
        members(tar(tmp_path / "large.tar.gz", *((f"{n}", bytes(4000)) for n in range(3)), mode="w:gz"))


def test_a_member_that_is_larger_than_it_says_is_not_written_beyond_that(tmp_path):
    path = zipped(tmp_path / "liar.zip", ("a.csv", b"x" * 5000))
    body = bytearray(path.read_bytes())
    at = body.index(b"PK\x01\x02")
    body[at + 24 : at + 28] = (10).to_bytes(4, "little")
    path.write_bytes(bytes(body))

    with pytest.raises(UnsafeArchive):
        extract(path, "a.csv", tmp_path / "target")
    assert not (tmp_path / "target").exists() or (tmp_path / "target").stat().st_size <= 10


def test_too_many_members_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MEMBER_LIMIT", 3)

    with pytest.raises(UnsafeArchive, match="more than 3 files"):
        members(tar(tmp_path / "a.tar", *((str(n), b"") for n in range(4))))


@pytest.mark.parametrize("make", [tar, zipped])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_two_members_with_one_name_the_last_counts_as_when_unpacking(tmp_path, make):
    archive = make(tmp_path / "a", ("a.csv", b"old and long"), ("b.csv", b"b"), ("a.csv", b"new"))
    extract(archive, "a.csv", tmp_path / "target")

    assert sorted((m.name, m.size) for m in members(archive)) == [("a.csv", 3), ("b.csv", 1)]
    assert (tmp_path / "target").read_bytes() == b"new"


def test_a_tar_that_ends_with_a_zip_is_a_tar(tmp_path):
    inner = zipped(tmp_path / "inner.zip", ("hidden.csv", b"x")).read_bytes()
    archive = tar(tmp_path / "a.tar", ("first.csv", b"a"), ("inner.zip", inner))

    assert [m.name for m in members(archive)] == ["first.csv", "inner.zip"]


def test_an_encrypted_member_is_refused_by_name(tmp_path):
    path = zipped(tmp_path / "secret.zip", ("a.csv", b"x" * 100))
    body = bytearray(path.read_bytes())
    body[6] |= 1
    body[body.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(body))

    with pytest.raises(UnsafeArchive, match="encrypted"):
        extract(path, "a.csv", tmp_path / "target")


@settings(deadline=None)
@given(st.data())
def test_a_damaged_archive_is_one_named_error_wherever_the_damage_is(tmp_path_factory, data):
    folder = tmp_path_factory.getbasetemp()
    make = data.draw(st.sampled_from([tar, zipped, lambda p, *e: tar(p, *e, mode="w:gz")]))
    path = make(folder / "damaged", ("a.csv", b"a,b\n1,2\n" * 50), ("b.csv", bytes(range(256)) * 8))
    body = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        body = body[: data.draw(st.integers(3, len(body)))]
    for _ in range(data.draw(st.integers(0, 3))):
        body[data.draw(st.integers(2, len(body) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(bytes(body))

    try:
        for member in members(path):
            extract(path, member.name, folder / "target")
    except UnsafeArchive:
        pass


def test_a_full_disk_is_not_blamed_on_the_archive(tmp_path):
    archive = tar(tmp_path / "a.tar", ("a.csv", b"a"))

    with pytest.raises(OSError, match="No such file") as caught:
        extract(archive, "a.csv", tmp_path / "missing" / "target")
    assert caught.value.errno
