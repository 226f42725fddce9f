"""Looks into the entries of a zip one by one, each by what it is; of archives within the zip too, as far as bounds allow."""

import bz2
import lzma
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from assets.layers.logic.products import Finding, Severity
from assets.layers.logic.scan.archive import archive_findings, printable
from assets.layers.logic.scan.binaries import ELF, Binary, binary_findings, is_binary
from assets.layers.logic.scan.bytecode import compiled_findings, source_path_of
from assets.layers.logic.scan.directory import Buffer, Corrupt, Directory, Entry, TooLarge, content_of, directory_of
from assets.layers.logic.scan.hiding import hash_of, startup_line_findings
from assets.layers.logic.scan.javascript import javascript_findings, package_findings
from assets.layers.logic.scan.pickles import is_pickle, pickle_findings
from assets.layers.logic.scan.python_code import python_findings
from assets.layers.logic.scan.secrets import secret_findings
from assets.layers.logic.scan.shell import shell_findings
from assets.layers.logic.scan.targets import Target
from resources.lambda_layers import MOST_UNZIPPED_BYTES

_SCRIPT = re.compile(r"\.(js|mjs|cjs)$")
_PICKLE = re.compile(r"\.(pkl|pickle|p|joblib|sav|pck)$")
_LIBRARY = re.compile(r"\.so(\.[\d.]+)?$")
_PACKED: tuple[tuple[bytes, Callable[[], "zlib._Decompress | bz2.BZ2Decompressor | lzma.LZMADecompressor"]], ...] = (
    (b"\x1f\x8b", lambda: zlib.decompressobj(31)),
    (b"BZh", bz2.BZ2Decompressor),
    (b"\xfd7zXZ\x00", lambda: lzma.LZMADecompressor(memlimit=1 << 27)),
)
_DEEPEST = 3
_PIECE = 1 << 20
_MOST_RATIO, _LARGE = 200, 10 * 1024 * 1024
_OF_ARCHIVES_WITHIN = frozenset({"bomb", "too-large", "encrypted"})
"""Rules that matter of an archive within the zip: nobody unpacks it unasked."""


@dataclass(slots=True)
class Contents:
    """What was found in some entries.

    Attributes:
        findings: By entry, in order.
        binaries: What machine code needs, to be judged when all of it is known.
        hashes: SHA-256 of Python files, by path.
        records: `RECORD` files by path.
        read: Bytes that were unpacked.
    """

    findings: list[Finding] = field(default_factory=list)
    binaries: list[Binary] = field(default_factory=list)
    hashes: dict[str, bytes] = field(default_factory=dict)
    records: dict[str, bytes] = field(default_factory=dict)
    read: int = 0


@dataclass(slots=True)
class Looking:
    """Looks into entries of one zip; `left` is how many bytes may still be unpacked."""

    buffer: Buffer
    directory: Directory
    target: Target
    left: int = MOST_UNZIPPED_BYTES
    prefix: str = ""
    depth: int = 0
    found: Contents = field(default_factory=Contents)
    _by_name: Mapping[str, Entry] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._by_name = {entry.name: entry for entry in self.directory.entries}

    def look(self, entry: Entry) -> None:
        """Look into an entry; whatever is wrong with it is a finding."""
        path = self.prefix + printable(entry.name)
        if entry.is_folder and not entry.size:
            return
        try:
            content = self._read(entry)
        except TooLarge as error:
            self.found.findings.append(Finding("bomb", "high", path, str(error)))
            return
        except Corrupt as error:
            self.found.findings.append(Finding("corrupt", "high", path, str(error)))
            return
        try:
            self.found.findings.extend(self._findings(path, entry, content))
        except Exception as error:  # noqa: BLE001 - content that we cannot read must not pass for content that is fine
            what = f"it could not be looked through ({type(error).__name__})"
            self.found.findings.append(Finding("not-looked-at", "high", path, what))

    def _read(self, entry: Entry) -> bytes:
        content = content_of(self.buffer, self.directory, entry, max(self.left, 0))
        self.left -= len(content)
        self.found.read += len(content)
        return content

    def _findings(self, path: str, entry: Entry, content: bytes) -> Iterator[Finding]:
        name = entry.name
        head = content[:1024]
        if is_binary(head):
            findings, binary = binary_findings(path, content, self.target)
            yield from findings
            if binary is not None and not self.depth:
                self.found.binaries.append(binary)
            return
        if head.startswith(b"PK\x03\x04") or name.endswith((".whl", ".egg")):
            yield from self._archive(path, content)
            return
        packed = next((make for magic, make in _PACKED if head.startswith(magic)), None)
        if packed is not None:
            yield from self._packed(path, content, packed())
            return
        yield from self._by_kind(path, name, content)
        yield from secret_findings(path, content)

    def _by_kind(self, path: str, name: str, content: bytes) -> Iterator[Finding]:
        head = content[:1024]
        if name.endswith((".py", ".pyw")) or (head.startswith(b"#!") and b"python" in head[:100]):
            if not self.depth:
                self.found.hashes[name] = hash_of(content)
            yield from python_findings(path, content)
        elif name.endswith(".pyc"):
            yield from compiled_findings(path, content, self._source(name))
        elif _SCRIPT.search(name) or (head.startswith(b"#!") and b"node" in head[:100]):
            yield from javascript_findings(path, content)
        elif name.endswith(".pth"):
            yield from startup_line_findings(path, content)
        elif name.endswith("package.json"):
            yield from package_findings(path, content)
        elif name.endswith(".dist-info/RECORD"):
            self.found.records[name] = content
        elif _PICKLE.search(name) or is_pickle(head):
            yield from pickle_findings(path, content)
        else:
            yield from self._of_other(path, name, content)

    def _of_other(self, path: str, name: str, content: bytes) -> Iterator[Finding]:
        if name.endswith(".sh") or content.startswith(b"#!"):
            yield from shell_findings(path, content)
        elif _LIBRARY.search(name):
            severity: Severity = "high" if ".cpython-" in name or ".abi3" in name or content.startswith(ELF[:2]) else "medium"
            yield Finding("broken-binary", severity, path, "it is named as a library and is none")

    def _source(self, name: str) -> bytes | None:
        entry = self._by_name.get(source_path_of(name) or "")
        if entry is None:
            return None
        try:
            return content_of(self.buffer, self.directory, entry, MOST_UNZIPPED_BYTES)
        except (Corrupt, TooLarge):
            return None

    def _archive(self, path: str, content: bytes) -> Iterator[Finding]:
        directory = directory_of(content)
        if not directory.entries:
            return
        if self.depth >= _DEEPEST:
            yield Finding("bomb", "high", path, "archives lie within archives, deeper than is looked at")
            return
        for finding in archive_findings(directory, content):
            if finding.rule in _OF_ARCHIVES_WITHIN:
                yield Finding(finding.rule, finding.severity, f"{path}!/{finding.path}", finding.detail)
        inner = Looking(content, directory, self.target, self.left, f"{path}!/", self.depth + 1)
        for entry in directory.entries:
            inner.look(entry)
        self.left = inner.left
        self.found.read += inner.found.read
        yield from inner.found.findings

    def _packed(
        self, path: str, content: bytes, unpacking: "zlib._Decompress | bz2.BZ2Decompressor | lzma.LZMADecompressor"
    ) -> Iterator[Finding]:
        """Only how large it becomes, never more than a piece of it at once."""
        size = 0
        try:
            waiting: bytes = content
            while not unpacking.eof and size <= self.left:
                piece = unpacking.decompress(waiting, _PIECE)
                size += len(piece)
                waiting = unpacking.unconsumed_tail if hasattr(unpacking, "unconsumed_tail") else b""
                if not piece and not waiting:
                    break
        except (zlib.error, OSError, EOFError, lzma.LZMAError, ValueError):
            return
        self.left -= size
        if size > max(_LARGE, _MOST_RATIO * len(content)) or self.left < 0:
            yield Finding("bomb", "high", path, f"{len(content)} bytes become {size} or more")
