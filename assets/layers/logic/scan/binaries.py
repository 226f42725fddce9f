"""Rules on machine code: whether the runtime can load it, and what it asks for. ELF is read by pyelftools; nothing is run."""

import io
import posixpath
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from assets.layers.logic.products import Finding, Severity
from assets.layers.logic.scan.targets import Target

_MACHINE_OF_NAMES = {"x86_64": "x86_64", "arm64": "aarch64"}
_MACHINES = {"x86_64": "EM_X86_64", "arm64": "EM_AARCH64"}
_PROVIDED = re.compile(
    r"(lib(c|m|dl|rt|pthread|util|resolv|gcc_s|stdc\+\+|crypt|nsl|anl|mvec|thread_db|BrokenLocale|nss_\w+|z|bz2|lzma|expat|ffi|uuid|"
    r"ssl|crypto|sqlite3|ncursesw?|tinfo|readline|python3(\.\d+)?|curl|xml2)|ld-linux[\w-]*|linux-vdso)\.so(\.[\d.]+)*"
)
"""Libraries of the runtime's operating system or of its interpreter."""
_ABI = re.compile(r"\.cpython-(?P<tag>\d+)[a-z]*-(?P<platform>[\w-]+)\.so$")
_OF_ONE_MACHINE = re.compile(
    r"(^|[/_-])(linux|darwin|win|windows|macos|alpine|linuxmusl)[_-]?(arm64|aarch64|arm|armv\w+|x64|x86|x86_64|amd64|ia32|i\d86|32|64)/",
    re.IGNORECASE,
)
"""Folders of which a package has one for each machine, and loads what fits."""
_VERSION = re.compile(r"(GLIBC|GLIBCXX|CXXABI|GCC)_([\d.]+)$")
_FOREIGN = {
    b"MZ": "Windows",
    b"\xcf\xfa\xed\xfe": "macOS",
    b"\xce\xfa\xed\xfe": "macOS",
    b"\xca\xfe\xba\xbe": "macOS",
    b"\xca\xfe\xba\xbf": "macOS",
}
_OPEN_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - looked for, not used
ELF = b"\x7fELF"


@dataclass(frozen=True, slots=True)
class Binary:
    """What of a binary matters when everything else in the layer is known.

    Attributes:
        path: Of the file.
        needed: Libraries that it asks for.
        search: Folders of the zip in which they are looked for, by its own word.
    """

    path: str
    needed: tuple[str, ...]
    search: tuple[str, ...]


def is_binary(head: bytes) -> bool:
    """Whether a file with this beginning is machine code."""
    return head.startswith((ELF, *_FOREIGN)) and not (head.startswith(b"MZ") and not _is_portable(head))


def _is_portable(head: bytes) -> bool:
    """Whether it is Windows' format and no text that begins with MZ."""
    at = int.from_bytes(head[60:64], "little") if len(head) >= 64 else 0
    return 0 < at <= len(head) - 4 and head[at : at + 4] == b"PE\0\0"


def binary_findings(path: str, data: bytes, target: Target) -> tuple[list[Finding], Binary | None]:
    """What is wrong with a file of machine code, and what it needs."""
    if not data.startswith(ELF):
        system = next((name for magic, name in _FOREIGN.items() if data.startswith(magic)), "another system")
        if path.endswith(".class") or (data[:4] == b"\xca\xfe\xba\xbe" and int.from_bytes(data[4:8], "big") > 40):
            return [], None  # a class of Java has the same beginning
        return [
            Finding("foreign-binary", _foreign_severity(path), path, f"it is machine code of {system}: Lambda cannot run it")
        ], None
    try:
        return _elf(path, data, target)
    except Exception as error:  # noqa: BLE001 - pyelftools raises whatever bytes make it raise
        return [Finding("broken-binary", "high", path, f"its ELF structure cannot be read: {error}"[:200])], None


def _foreign_severity(path: str) -> Severity:
    """A module of Python that cannot be imported is worse than a tool that comes along."""
    if path.startswith("python/") and path.endswith(".so"):
        return "high"
    return "medium" if path.endswith((".pyd", ".dylib", ".node")) else "low"


def _elf(path: str, data: bytes, target: Target) -> tuple[list[Finding], Binary | None]:
    from elftools.elf.elffile import ELFFile

    elf: Any = ELFFile(io.BytesIO(data))
    findings = list(_header_findings(path, data, elf, target))
    findings += _abi(path, target)
    if any(finding.rule == "broken-binary" for finding in findings):
        return findings, None
    findings += _versions(path, elf, target)
    needed, search = [], []
    for segment in elf.iter_segments("PT_DYNAMIC"):
        for tag in segment.iter_tags():
            if tag.entry.d_tag == "DT_NEEDED":
                needed.append(tag.needed)
            elif tag.entry.d_tag in ("DT_RPATH", "DT_RUNPATH"):
                search += (tag.rpath if tag.entry.d_tag == "DT_RPATH" else tag.runpath).split(":")
    findings += _search_findings(path, search)
    return findings, Binary(path, tuple(needed), tuple(_folders(path, search)))


def _header_findings(path: str, data: bytes, elf: Any, target: Target) -> Iterator[Finding]:  # noqa: ANN401
    machine = elf.header.e_machine
    wanted = {_MACHINES[one] for one in target.architectures}
    severity: Severity = "low" if _OF_ONE_MACHINE.search(path) and ".cpython-" not in path else "high"
    if elf.elfclass != 64:
        yield Finding("wrong-machine", severity, path, "it is 32-bit code")
    elif wanted and machine not in wanted:
        yield Finding("wrong-machine", severity, path, f"it is for {machine}; the layer is for {', '.join(target.architectures)}")
    end = max((s["p_offset"] + s["p_filesz"] for s in elf.iter_segments()), default=0)
    if end > len(data) or (elf["e_shoff"] and elf["e_shoff"] + elf["e_shnum"] * elf["e_shentsize"] > len(data)):
        yield Finding("broken-binary", "high", path, "it is cut off")
    for segment in elf.iter_segments("PT_GNU_STACK"):
        if segment["p_flags"] & 1:
            yield Finding("executable-stack", "medium", path, "its stack is executable")


def _abi(path: str, target: Target) -> list[Finding]:
    match = _ABI.search(path)
    if match is None:
        return []
    machine = re.match(r"x86_64|aarch64|i[3-6]86|arm|ppc64le|s390x|riscv64", match["platform"])
    machines = {_MACHINE_OF_NAMES[one] for one in target.architectures}
    if machine is None or "musl" in match["platform"] or (machines and machine[0] not in machines):
        return [Finding("wrong-abi", "high", path, f"it is named for {match['platform']}: no runtime of the layer looks for it")]
    if not target.pythons:
        return []
    wanted = {f"{major}{minor}" for major, minor in target.pythons}
    if match["tag"] not in wanted:
        return [
            Finding(
                "wrong-abi",
                "high",
                path,
                f"it is for CPython {match['tag'][0]}.{match['tag'][1:]}, which no runtime of the layer is",
            )
        ]
    return []


def _versions(path: str, elf: Any, target: Target) -> list[Finding]:  # noqa: ANN401
    from elftools.elf.gnuversions import GNUVerNeedSection

    base = target.base
    known = {"GLIBC": base.glibc, "GLIBCXX": base.glibcxx, "CXXABI": base.cxxabi, "GCC": base.gcc}
    newer: dict[str, tuple[int, ...]] = {}
    for section in elf.iter_sections():
        if not isinstance(section, GNUVerNeedSection):
            continue
        for library, versions in section.iter_versions():
            bundled = not _PROVIDED.fullmatch(library.name)
            for version in versions:
                match = _VERSION.fullmatch(version.name)
                number = tuple(int(part) for part in match[2].split(".") if part) if match else ()
                if match and not bundled and number > known[match[1]]:
                    newer[match[1]] = max(newer.get(match[1], ()), number)
    told = [f"{name} {'.'.join(map(str, number))}" for name, number in sorted(newer.items())]
    return [Finding("too-new", "high", path, f"it needs {', '.join(told)}; {base.name} has none of it")] if told else []


def _search_findings(path: str, search: list[str]) -> Iterator[Finding]:
    for folder in search:
        plain = folder.replace("${ORIGIN}", "$ORIGIN")
        if not folder or (not plain.startswith("$ORIGIN") and not plain.startswith("/opt/")):
            severity: Severity = "medium" if plain.startswith(_OPEN_FOLDERS) or not plain.startswith("/") else "low"
            yield Finding(
                "library-path",
                severity,
                path,
                f"it looks for libraries in {folder or 'the working folder'}, outside of the layer",
            )
        elif plain.startswith("$ORIGIN") and _resolved(path, plain) is None:
            yield Finding("library-path", "medium", path, f"it looks for libraries in {folder}, outside of the layer")


def _resolved(path: str, folder: str) -> str | None:
    """Folder of the zip; None if it leads outside."""
    if folder.startswith("/opt/"):
        return posixpath.normpath(folder.removeprefix("/opt/"))
    inner = posixpath.normpath(posixpath.join(posixpath.dirname(path), folder.replace("$ORIGIN", ".", 1).lstrip("/")))
    return None if inner.startswith("..") else inner


def _folders(path: str, search: list[str]) -> Iterator[str]:
    for folder in search:
        found = _resolved(path, folder.replace("${ORIGIN}", "$ORIGIN"))
        if found is not None:
            yield found


def missing_libraries(binaries: Collection[Binary], names: Collection[str]) -> list[Finding]:
    """Libraries that nobody has: neither the layer, where the binary or the runtime looks, nor the runtime's own system."""
    paths = set(names)
    anywhere = {posixpath.basename(name) for name in paths}
    findings = []
    for binary in binaries:
        if any("musl" in one for one in binary.needed):
            findings.append(Finding("missing-library", "high", binary.path, "it is made for musl; the runtime has glibc"))
            continue
        lost = [one for one in binary.needed if not _PROVIDED.fullmatch(one) and not _is_found(one, binary, paths)]
        unlisted = [one for one in lost if one not in anywhere]
        if unlisted:
            what = f"it needs {', '.join(unlisted[:5])}, which neither the layer nor the runtime has"
            findings.append(Finding("missing-library", "medium", binary.path, what))
        elif lost:
            what = f"it needs {', '.join(lost[:5])}, which the layer has where it is found only if it was loaded before"
            findings.append(Finding("missing-library", "low", binary.path, what))
    return findings


def _is_found(library: str, binary: Binary, paths: Collection[str]) -> bool:
    """In its own search path, or in /opt/lib, which Lambda has in LD_LIBRARY_PATH."""
    return any(posixpath.normpath(f"{folder}/{library}") in paths for folder in (*binary.search, "lib"))
