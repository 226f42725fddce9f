"""What calls of well-known functions return, as far as it matters: constants, references, and where data comes from."""

import ast
import base64
import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass

from assets.layers.logic.scan import folding
from assets.layers.logic.scan.flow import CREDENTIALS, Call, Flow
from assets.layers.logic.scan.values import (
    CREDENTIAL,
    DECODED,
    DOWNLOADED,
    ENVIRONMENT,
    HIDDEN,
    HOST,
    METADATA,
    NOTHING,
    PIECED,
    RECEIVED,
    UNKNOWN,
    Value,
    any_of,
    derived,
    either,
    referring,
    text_of,
)

_SECRET_FILES = (
    ".aws/credentials",
    "/proc/self/environ",
    ".ssh/id_",
    "/etc/shadow",
    ".oci/config",
    ".kube/config",
    ".npmrc",
    ".netrc",
)
METADATA_HOSTS = ("169.254.169.254", "169.254.170.2", "metadata.google.internal", "fd00:ec2::254")
_HTTP = (
    "urllib.request.urlopen",
    "urllib2.urlopen",
    "urllib.urlopen",
    "urllib.request.urlretrieve",
    "urllib.request.build_opener().open",
    "urllib.request.FancyURLopener().open",
    "http.client.HTTPSConnection().getresponse",
    "http.client.HTTPConnection().getresponse",
    "ftplib.FTP().retrbinary",
    "requests.request",
    "httpx.request",
    "urllib3.request",
    "urllib3.PoolManager().request",
    "urllib3.PoolManager().urlopen",
    "urllib3.ProxyManager().request",
    "wget.download",
    "pycurl.Curl().perform_rb",
    "dns.resolver.resolve",
    "dns.resolver.query",
)
_VERBS = ("get", "post", "put", "patch", "delete", "head", "request", "options", "stream", "send", "ws_connect")
_CLIENTS = (
    "requests",
    "requests.Session()",
    "requests.session()",
    "httpx",
    "httpx.Client()",
    "httpx.AsyncClient()",
    "aiohttp.ClientSession()",
    "niquests",
)
DOWNLOADS = frozenset({*_HTTP, *(f"{client}.{verb}" for client in _CLIENTS for verb in _VERBS)})
"""Functions that ask a server over HTTP and its like."""
_SOCKETS = ("socket.socket()", "socket.create_connection()", "ssl.wrap_socket()", "ssl.create_default_context().wrap_socket()")
SENDS = frozenset(
    {
        *(f"{one}.{verb}" for one in _SOCKETS for verb in ("send", "sendall", "sendto", "sendmsg")),
        *(
            f"{kind}.{verb}"
            for kind in ("http.client.HTTPSConnection()", "http.client.HTTPConnection()")
            for verb in ("request", "send")
        ),
        "smtplib.SMTP().sendmail",
        "smtplib.SMTP().send_message",
        "smtplib.SMTP_SSL().sendmail",
        "socket.gethostbyname",
        "socket.getaddrinfo",
        "websocket.create_connection().send",
        "ftplib.FTP().storbinary",
    }
)
"""Functions that send something elsewhere, beside `DOWNLOADS`."""
_RECEIVES = frozenset(f"{one}.{verb}" for one in _SOCKETS for verb in ("recv", "recv_into", "recvfrom", "makefile"))
_OPENERS = frozenset({"builtins.open", "io.open", "os.open", "codecs.open", "os.fdopen"})
_PASSING = frozenset(
    [
        "str",
        "bytes",
        "bytearray",
        "list",
        "tuple",
        "set",
        "frozenset",
        "dict",
        "reversed",
        "sorted",
        "zip",
        "map",
        "filter",
        "iter",
        "next",
        "repr",
        "ascii",
        "format",
        "enumerate",
        "memoryview",
        "max",
        "min",
        "sum",
    ]
)
_PASSING_METHODS = frozenset(
    {name for kind in (str, bytes, dict, list) for name in dir(kind) if not name.startswith("_")}
    - {"startswith", "endswith", "find", "rfind", "index", "rindex", "count"}
    | {"read", "json", "text"}
)
_PASSING_NAMES = frozenset(
    [
        "io.BytesIO",
        "io.StringIO",
        "json.loads",
        "json.dumps",
        "json.load",
        "textwrap.dedent",
        "ast.parse",
        "ast.literal_eval",
        "copy.copy",
        "copy.deepcopy",
        "urllib.parse.urlencode",
        "urllib.parse.quote",
        "urllib.parse.unquote",
        "urllib.request.Request",
        "requests.Request",
        "functools.reduce",
        *(f"base64.{name}" for name in dir(base64) if "encode" in name),
        "base64.b64decode",
        "binascii.hexlify",
        "builtins.bytes.join",
        "zlib.compress",
        "gzip.compress",
        "pickle.dumps",
        "pickle.loads",
        "marshal.loads",
        "marshal.dumps",
        "struct.pack",
        "struct.unpack",
        "asyncio.run",
        "os.fsencode",
        "os.fsdecode",
        "pprint.pformat",
        "yaml.dump",
    ]
)
_FROM_STORES = frozenset(
    f"boto3.{client}().{verb}"
    for client in ("client", "resource", "Session().client", "session.Session().client")
    for verb in ("get_object", "get_parameter")
)
_MACHINE = frozenset(
    ["socket.gethostname", "socket.getfqdn", "getpass.getuser", "platform.node", "platform.uname", "os.getlogin", "os.uname"]
)
_STREAMS = (
    "gzip.GzipFile",
    "gzip.open",
    "bz2.BZ2File",
    "lzma.open",
    "zlib.decompressobj().decompress",
    "bz2.BZ2Decompressor().decompress",
)


@dataclass(frozen=True, slots=True)
class _Asked:
    flow: Flow
    call: Call
    name: str


def result_of(flow: Flow, call: Call) -> Value:
    """What a call returns."""
    result = _of_text(call)
    for name in sorted(call.function.names):
        result = either(result, _of_name(_Asked(flow, call, name)))
    if not call.function.names and call.receiver.marks:
        result = either(result, derived(call.receiver, *call.arguments))
    return result


def _of_text(call: Call) -> Value:
    """Methods of constants, and what methods of anything else leave of where it comes from."""
    node = call.node.func
    if not isinstance(node, ast.Attribute):
        return NOTHING
    sources = derived(call.receiver, *call.arguments)
    if node.attr == "decrypt":
        return sources.marked(DECODED)
    if node.attr in ("get", "__getitem__", "pop") and call.receiver.is_known and call.arguments and call.arguments[0].is_known:
        found = folding.subscript(call.receiver.constant, call.arguments[0].constant)
        return NOTHING if found is folding.UNFOLDED else Value(found, marks=sources.marks)
    if call.receiver.is_known and not call.keywords and all(one.is_known for one in call.arguments):
        found = folding.method(call.receiver.constant, node.attr, [one.constant for one in call.arguments])
        if found is not folding.UNFOLDED:
            return Value(found, marks=sources.marks | {PIECED} | _hiding(call, node.attr))
    if node.attr in ("decode", "encode", "to_bytes") and _hiding(call, node.attr):
        return sources.marked(DECODED)
    if node.attr in _PASSING_METHODS:
        return Value(marks=sources.marks, items=call.receiver.items)
    return NOTHING


def _hiding(call: Call, method: str) -> frozenset[str]:
    """Whether the method decodes more than text."""
    if method in ("translate", "to_bytes"):
        return frozenset({DECODED})
    codec = text_of(call.arguments[0]) if call.arguments else None
    if method in ("decode", "encode") and codec is not None and codec.lower().replace("-", "_") in folding.HIDING_CODECS:
        return frozenset({DECODED})
    return frozenset()


def _of_name(asked: _Asked) -> Value:
    work = _RESULTS.get(asked.name)
    if work is not None:
        return work(asked)
    if asked.name.endswith((".__getattribute__", ".__getattr__")):
        return _getattr(asked)
    if asked.name in DOWNLOADS:
        return _downloaded(asked)
    if asked.name in _FROM_STORES:
        return referring(f"{asked.name}()", marks={DOWNLOADED})
    if asked.name == "codecs.getdecoder()":
        return derived(*asked.call.arguments).marked(DECODED)
    if asked.name in _RECEIVES:
        return referring(f"{asked.name}()", marks={RECEIVED})
    if asked.name in _MACHINE:
        return referring(f"{asked.name}()", marks={HOST})
    if asked.name in folding.DECODERS or asked.name in _STREAMS:
        return _decoded(asked)
    return _folded(asked)


def _downloaded(asked: _Asked) -> Value:
    address = address_of(asked.call)
    asks_metadata = address is not None and is_metadata(address)
    return referring(f"{asked.name}()", marks={METADATA if asks_metadata else DOWNLOADED})


def address_of(call: Call) -> str | None:
    """The address that a request goes to, or its constant beginning; None if it is not known."""
    for value in (
        *call.arguments[:2],
        *(call.keywords[name] for name in ("url", "fullurl", "host") if name in call.keywords),
        call.receiver,
    ):
        text = text_of(value) or next((name[5:] for name in value.names if name.startswith("text:")), None)
        if text and text.upper() not in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"):
            return text
        address = next((name[len("address:") :] for name in sorted(value.names) if name.startswith("address:")), None)
        if address:
            return address
    return None


def is_metadata(address: str) -> bool:
    """Whether a request goes to the metadata service, however its number is spelled."""
    host = re.match(r"(?:\w+://)?(?:[^/@]*@)?([^/:?#]+)", address)
    try:
        number = str(ipaddress.IPv4Address(int(host[1], 0))) if host else ""
    except ValueError:
        number = ""
    return any(one in address or one == number for one in METADATA_HOSTS)


def _decoded(asked: _Asked) -> Value:
    call = asked.call
    sources = derived(*call.arguments, call.receiver)
    if asked.name.startswith("codecs."):
        codec = text_of(call.argument(1, "encoding"))
        if codec is not None and codec.lower().replace("-", "_") not in folding.HIDING_CODECS:
            return sources
    found = _constant(asked)
    return Value(found, marks=sources.marks | {DECODED, PIECED}, names=frozenset({f"{asked.name}()"}))


def _constant(asked: _Asked) -> object:
    call = asked.call
    if call.keywords or not all(one.is_known for one in call.arguments):
        return UNKNOWN
    found = folding.called(asked.name, [one.constant for one in call.arguments])
    return UNKNOWN if found is folding.UNFOLDED else found


def _folded(asked: _Asked) -> Value:
    found, call = _constant(asked), asked.call
    sources = derived(*call.arguments, call.receiver, *call.keywords.values())
    if found is not UNKNOWN:
        from_numbers = asked.name in ("builtins.chr", "builtins.bytes", "builtins.bytearray") and not isinstance(
            call.argument(0).constant, str
        )
        return Value(found, marks=sources.marks | ({PIECED, DECODED} if from_numbers else {PIECED}))
    short = asked.name.removeprefix("builtins.")
    if asked.name == "builtins.chr" or ("xor" in sources.marks and short in ("bytes", "bytearray")):
        return sources.marked(DECODED)
    if short in _PASSING or asked.name in _PASSING_NAMES:
        items = next((one.items for one in call.arguments if one.items is not None), None)
        return Value(marks=sources.marks, items=items, names=frozenset({f"{asked.name}()"}))
    address = address_of(call) if asked.name.startswith(("http.client.", "urllib3.", "httpx.", "socket.")) else None
    names = [f"{asked.name}()"] + ([f"address:{address}"] if address else [])
    return Value(
        names=frozenset(names) if len(asked.name) < 120 else frozenset(),
        marks=call.receiver.marks | (call.function.marks & {HIDDEN}),
    )


# Functions that return references


def _import(asked: _Asked) -> Value:
    name = text_of(asked.call.argument(0, "name"))
    if name is None:
        return derived(*asked.call.arguments)
    marks = (asked.call.function.marks | asked.call.argument(0, "name").marks) & {PIECED, DECODED, HIDDEN}
    whole = name if asked.name != "builtins.__import__" or len(asked.call.arguments) > 3 else name.split(".")[0]
    return referring(whole, marks={HIDDEN} if marks else ())


def _getattr(asked: _Asked) -> Value:
    call = asked.call
    place = 1 if asked.name in ("builtins.getattr", "builtins.object.__getattribute__", "inspect.getattr_static") else 0
    target = call.argument(0) if place else call.receiver
    name = text_of(call.argument(place))
    if name is None:
        return derived(target, call.argument(place))
    found = asked.flow.attribute(target, name)
    hidden = call.argument(place).marks & {PIECED, DECODED}
    return either(found.marked(HIDDEN) if hidden else found, call.argument(place + 1))


def _vars(asked: _Asked) -> Value:
    target = asked.call.argument(0)
    if target == NOTHING:
        return referring("builtins.locals()")
    return Value(names=frozenset({f"{name}.__dict__" for name in target.names}), marks=target.marks)


def _os_variable(asked: _Asked) -> Value:
    name = text_of(asked.call.argument(0, "key"))
    return referring(f"{asked.name}()", marks={CREDENTIAL} if name in CREDENTIALS else ())


def _environment(_: _Asked) -> Value:
    return referring("os.environ", marks={ENVIRONMENT})


def _open(asked: _Asked) -> Value:
    call = asked.call
    path = call.argument(0, "file")
    key = asked.flow.path_key(call.node.args[0] if call.node.args else None, path)
    marks = set(path.marks)
    if key is not None:
        marks.add(f"path:{key}")
        if any(secret in key for secret in _SECRET_FILES):
            marks.add(CREDENTIAL)
    return referring("builtins.open()", marks=marks)


def _path(asked: _Asked) -> Value:
    parts = [text_of(one) for one in asked.call.arguments]
    joined = "/".join(str(part).rstrip("/") or "/" for part in parts) if parts and None not in parts else UNKNOWN
    return Value(joined, frozenset({"pathlib.Path()"}), derived(*asked.call.arguments).marks)


def _joined_path(asked: _Asked) -> Value:
    parts = [text_of(one) for one in asked.call.arguments]
    if None in parts or not parts:
        return derived(*asked.call.arguments)
    return Value("/".join(str(part).rstrip("/") for part in parts), marks=derived(*asked.call.arguments).marks)


def _temporary(asked: _Asked) -> Value:
    return referring(f"{asked.name}()", marks={f"path:temporary:{asked.call.node.lineno}:{asked.call.node.col_offset}"})


def _partial(asked: _Asked) -> Value:
    function = asked.call.argument(0)
    return Value(names=function.names, marks=derived(*asked.call.arguments).marks, callees=function.callees)


def _attrgetter(asked: _Asked) -> Value:
    name = text_of(asked.call.argument(0))
    return NOTHING if name is None else referring(f"attribute:{name}", marks=asked.call.argument(0).marks)


def _decoder(asked: _Asked) -> Value:
    codec = (text_of(asked.call.argument(0)) or "").lower().replace("-", "_")
    return referring("codecs.getdecoder()") if codec in folding.HIDING_CODECS else NOTHING


def _compiled(asked: _Asked) -> Value:
    source = asked.call.argument(0, "source")
    return Value(source.constant, frozenset({"builtins.compile()"}), source.marks)


def _credentials(asked: _Asked) -> Value:
    return referring(f"{asked.name}()", marks={CREDENTIAL})


def _reduced(asked: _Asked) -> Value:
    return derived(*asked.call.arguments)


def _methodcaller(asked: _Asked) -> Value:
    """`operator.methodcaller("system", command)`: a call that still lacks its object."""
    name = text_of(asked.call.argument(0))
    if name is None:
        return NOTHING
    return Value(names=frozenset({f"method:{name}"}), marks=asked.call.argument(0).marks, items=any_of(asked.call.arguments[1:]))


def _accepted(_: _Asked) -> Value:
    return Value(items=referring("socket.socket()"))


def _same(asked: _Asked) -> Value:
    return asked.call.argument(0)


def _mapped(asked: _Asked) -> Value:
    """`map(chr, numbers)` is worked out; of other functions, where data comes from."""
    call = asked.call
    function, rows = call.argument(0), call.argument(1)
    name = next(iter(function.names), "")
    if name and isinstance(rows.constant, (str, bytes, list, tuple)) and len(rows.constant) <= folding.MOST:
        results = [folding.called(name, [row]) for row in rows.constant[:20_000]]
        if results and folding.UNFOLDED not in results:
            return Value(results, marks=rows.marks | ({DECODED, PIECED} if name == "builtins.chr" else {PIECED}))
    items = NOTHING
    for callee in function.callees:
        items = either(items, callee.returns)
    from_numbers = {DECODED} if name == "builtins.chr" else set()
    return Value(marks=rows.marks | function.marks | from_numbers, items=items if items != NOTHING else None)


_RESULTS: dict[str, Callable[[_Asked], Value]] = {
    "builtins.__import__": _import,
    "importlib.import_module": _import,
    "importlib.__import__": _import,
    "builtins.getattr": _getattr,
    "builtins.object.__getattribute__": _getattr,
    "inspect.getattr_static": _getattr,
    "builtins.vars": _vars,
    "builtins.globals": lambda _: referring("builtins.globals()"),
    "builtins.locals": lambda _: referring("builtins.locals()"),
    "os.getenv": _os_variable,
    "os.environ.get": _os_variable,
    "os.environ.copy": _environment,
    "os.environ.items": _environment,
    "os.environ.values": _environment,
    "builtins.open": _open,
    "io.open": _open,
    "codecs.open": _open,
    "os.open": _open,
    "pathlib.Path": _path,
    "pathlib.PosixPath": _path,
    "os.path.join": _joined_path,
    "os.path.expanduser": _joined_path,
    "tempfile.NamedTemporaryFile": _temporary,
    "tempfile.mkstemp": _temporary,
    "tempfile.mktemp": _temporary,
    "functools.partial": _partial,
    "operator.attrgetter": _attrgetter,
    "operator.methodcaller": _methodcaller,
    "builtins.staticmethod": _same,
    "builtins.classmethod": _same,
    "functools.cache": _same,
    "functools.lru_cache": _same,
    "socket.socket().accept": _accepted,
    "builtins.compile": _compiled,
    "codecs.getdecoder": _decoder,
    "codecs.getencoder": _decoder,
    "builtins.map": _mapped,
    "functools.reduce": _reduced,
    "boto3.Session().get_credentials": _credentials,
    "boto3.session.Session().get_credentials": _credentials,
    "botocore.session.Session().get_credentials": _credentials,
    "botocore.session.get_session().get_credentials": _credentials,
}
