"""Libraries lose their symbols and nothing that is loaded."""

import importlib.util
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.layers.logic.elf import is_elf, without_symbols


def library(module: str, pattern: str) -> bytes:
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    return next(iter(sorted(Path(spec.origin).parent.parent.glob(pattern)))).read_bytes()


def loaded(body: bytes) -> list[bytes]:
    """Bytes of every segment, without the header of the file, which says where the tables are."""
    at, size, count = struct.unpack_from("<Q", body, 32)[0], *struct.unpack_from("<HH", body, 54)
    segments = [struct.unpack_from("<IIQQQQQQ", body, at + n * size) for n in range(count)]
    return [body[max(one[2], 64) : one[2] + one[5]] for one in segments]


def with_something_that_is_not_loaded(body: bytes) -> bytes:
    """The library as a compiler leaves it: with a section that only debuggers read."""
    header = list(struct.unpack_from("<16sHHIQQQIHHHHHH", body))
    at, count = header[6], header[12]
    junk = b"symbols" * 1000
    table = body[at : at + count * 64] + struct.pack("<IIQQQQIIQQ", 0, 1, 0, 0, len(body), len(junk), 0, 0, 1, 0)
    header[6], header[12] = len(body) + len(junk), count + 1
    return struct.pack("<16sHHIQQQIHHHHHH", *header) + body[64:] + junk + table


@pytest.mark.parametrize(("module", "pattern"), [("deflate", "deflate/*.so"), ("numpy", "numpy.libs/*openblas*")])
def test_nothing_that_is_loaded_changes(module: str, pattern: str) -> None:
    body = with_something_that_is_not_loaded(library(module, pattern))
    smaller = without_symbols(body)
    assert loaded(smaller) == loaded(body)
    assert len(body) - len(smaller) >= 7000
    assert without_symbols(smaller) == smaller


def test_a_library_without_its_symbols_still_works(tmp_path: Path) -> None:
    path = tmp_path / "_deflate.abi3.so"
    path.write_bytes(without_symbols(with_something_that_is_not_loaded(library("deflate", "deflate/*.so"))))
    code = "import _deflate; print(_deflate.__file__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.strip() == str(path)


def test_a_file_with_something_behind_its_end_stays_as_it_is() -> None:
    body = with_something_that_is_not_loaded(library("deflate", "deflate/*.so")) + b"a program reads this from its own file"
    assert without_symbols(body) == body


@given(st.data())
def test_whatever_is_broken_stays_as_it_is_or_loses_nothing(data: st.DataObject) -> None:
    body = bytearray(library("deflate", "deflate/*.so"))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, 200))] = data.draw(st.integers(0, 255))
    broken = bytes(body[: data.draw(st.integers(0, len(body)))])
    assert len(without_symbols(broken)) <= len(broken)


def test_other_files_are_no_libraries() -> None:
    assert not is_elf(b"#!/bin/sh\n")
    assert without_symbols(b"\x7fELF") == b"\x7fELF"
