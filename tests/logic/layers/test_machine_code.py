"""Machine code in Python files is bad unless all of it is constant and only computes."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.layers.logic.scan.machine_code import only_computes
from assets.layers.logic.scan.python_code import python_findings

_CPUID = bytes.fromhex("5389f089d10fa28907895f04894f0889570c5bc3")
_FILE = """
import ctypes, mmap
CODE = [0x53, 0x89, 0xf0, 0x0f, 0xa2, 0x89, 0x07, 0x5b, 0xc3]
class Asm:
    def __init__(self, code):
        self.code = code
        self.mm = mmap.mmap(-1, 4096, prot=mmap.PROT_WRITE | mmap.PROT_READ | mmap.PROT_EXEC)
        self.mm.write(bytes(self.code))
        self.address = ctypes.addressof(ctypes.c_int.from_buffer(self.mm))
        self.run = ctypes.CFUNCTYPE(None)(self.address)
Asm(CODE).run()
"""


def _shellcode(source: str) -> list[str]:
    return [one.severity for one in python_findings("a.py", source.encode()) if one.rule == "shellcode"]


def test_constant_code_that_only_computes_is_medium() -> None:
    assert _shellcode(_FILE) == ["medium"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0x0f, 0xa2", "0x0f, 0x05"),
        ("0x0f, 0xa2", "0xcd, 0x80"),
        ("0x0f, 0xa2", "0xff, 0xd0"),
        ("[0x53,", "[N, 0x53,"),
        ("Asm(CODE)", "CODE.append(5); Asm(CODE)"),
        ("Asm(CODE)", "CODE[1] = 5; Asm(CODE)"),
        ("Asm(CODE)", "import base64; Asm(base64.b64decode('ww=='))"),
        ("Asm(CODE)", "import urllib.request; Asm(urllib.request.urlopen('https://a').read())"),
        ("Asm(CODE).run()", ""),
        ("Asm(CODE)", "A = Asm; A(other)"),
        ("Asm(CODE)", "Asm(*given)"),
        ("Asm(CODE)", "Asm(CODE).mm[0] = 5; Asm(CODE)"),
        ("Asm(CODE)", "f.readinto(Asm(CODE).mm); Asm(CODE)"),
        ("Asm(CODE)", "w = Asm(CODE).mm.write; w(other); Asm(CODE)"),
        ("Asm(CODE)", "ctypes.memmove(Asm(CODE).address, other, 9); Asm(CODE)"),
        ("Asm(CODE)", "ctypes.memmove(Asm(CODE).address + 1, CODE, 9); Asm(CODE)"),
        ("Asm(CODE)", "F = ctypes.CFUNCTYPE; F(None)(other)(); Asm(CODE)"),
        ("Asm(CODE)", "ctypes.CFUNCTYPE(None)(other)(); Asm(CODE)"),
        ("Asm(CODE)", "from mmap import mmap as m; x = m(-1, 9); x.write(other); Asm(CODE)"),
        ("Asm(CODE)", "getattr(Asm(CODE), 'mm').write(other); Asm(CODE)"),
        ("Asm(CODE)", "exec('CODE = other'); Asm(CODE)"),
        ("Asm(CODE)", "for CODE in (other,): Asm(CODE)"),
        ("Asm(CODE)", "A = Asm; A(other); Asm(CODE)"),
        ("Asm(CODE)", "type(Asm(CODE))(other); Asm(CODE)"),
        ("Asm(CODE)", "Asm(CODE).__class__(other); Asm(CODE)"),
        ("Asm(CODE)", "Asm.__init__(Asm(CODE), other); Asm(CODE)"),
        ("class Asm:", "@register\nclass Asm:"),
        ("Asm(CODE)", "class B(Asm): pass\nB(other)\nAsm(CODE)"),
        ("def __init__(self, code):", "def __call__(self, code):\n        self.code = code\n    def __init__(self, code):"),
        ("Asm(CODE)", "def g(CODE): Asm(CODE)\ng(other)\nAsm(CODE)"),
    ],
)
def test_code_that_is_not_known_or_calls_other_code_is_high(old: str, new: str) -> None:
    assert old in _FILE
    assert _shellcode(_FILE.replace(old, new)) == ["high"]


@pytest.mark.parametrize(
    "more",
    [
        "\n".join(["C0 = CODE", *(f"C{n} = [*C{n - 1}, *C{n - 1}]" for n in range(1, 60)), "Asm(C59)"]),
        "def f(a): pass\n" * 3000 + "f(CODE)\n" * 3000 + "Asm(x)",
        "Asm(" + "[" * 150 + "CODE" + "]" * 150 + ")\nAsm(x)",
    ],
    ids=["growth", "functions", "depth"],
)
def test_files_that_are_made_to_take_long_are_high_at_once(more: str) -> None:
    before = time.process_time()
    assert _shellcode(_FILE + more) == ["high"]
    assert time.process_time() - before < 8


@pytest.mark.parametrize(
    "code",
    [
        "c3",
        "31c00fa289d8c3",
        "b8010000000fa2c3",
        "4831c00fa20f3148c1e2204809d0c3",
        "53578b7c240c8b44241089075f5bc3",
        "5589e55dc3",
    ],
)
def test_moves_arithmetic_and_cpuid_only_compute(code: str) -> None:
    assert only_computes(bytes.fromhex(code))
    assert only_computes(_CPUID)


@pytest.mark.parametrize(
    "code",
    ["", "0f05c3", "0f34c3", "cd80c3", "ffd0c3", "e800000000c3", "50c3", "4889fcc3", "48893c24c3", "48b80f0500000000000089c3",
     "5bc3",
     "c30f05", "010000d4", "68000000c3", "c20400"],
)  # fmt: skip
def test_what_asks_the_kernel_jumps_or_changes_the_stack_does_more(code: str) -> None:
    assert not only_computes(bytes.fromhex(code))


@given(st.binary(max_size=40))
def test_any_bytes_are_judged(code: bytes) -> None:
    assert only_computes(code) in (True, False)
