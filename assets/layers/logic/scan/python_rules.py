"""Rules on what Python code does: severity follows where the data comes from that is run, unpickled or sent."""

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from assets.layers.logic.products import Finding, Severity
from assets.layers.logic.scan.flow import Call, Flow
from assets.layers.logic.scan.machine_code import is_harmless
from assets.layers.logic.scan.pickles import dangerous_globals
from assets.layers.logic.scan.results import DOWNLOADS, SENDS, address_of, is_metadata, result_of
from assets.layers.logic.scan.shell import SHELL
from assets.layers.logic.scan.values import (
    CREDENTIAL,
    DECODED,
    DOWNLOADED,
    ENVIRONMENT,
    HIDDEN,
    HOST,
    METADATA,
    PIECED,
    RECEIVED,
    Value,
    derived,
    text_of,
)

_RUNS_CODE = {
    "builtins.exec": 0,
    "builtins.eval": 0,
    "builtins.execfile": 0,
    "builtins.compile": 0,
    "types.FunctionType": 0,
    "code.InteractiveInterpreter().runsource": 0,
    "code.InteractiveInterpreter().runcode": 0,
    "code.InteractiveConsole().push": 0,
    "timeit.timeit": 0,
    "builtins.exec.__call__": 0,
    "builtins.eval.__call__": 0,
}
"""Functions that run code, and which argument is the code."""
_RUNS_FILES = {
    "runpy.run_path": 0,
    "importlib.util.spec_from_file_location": 1,
    "imp.load_source": 1,
    "importlib.machinery.SourceFileLoader": 1,
    "importlib.machinery.SourcelessFileLoader": 1,
    "importlib.machinery.ExtensionFileLoader": 1,
    "ctypes.CDLL": 0,
    "ctypes.cdll.LoadLibrary": 0,
    "ctypes.PyDLL": 0,
}
_LOADS = frozenset(
    f"{module}.{name}"
    for module in ("pickle", "cPickle", "_pickle", "dill", "cloudpickle", "marshal")
    for name in ("loads", "load")
) | {"pickle.Unpickler().load", "yaml.unsafe_load", "jsonpickle.decode", "shelve.open"}
_SUBPROCESS = ("run", "call", "check_call", "check_output", "Popen", "getoutput", "getstatusoutput")
_COMMANDS = frozenset(
    {f"subprocess.{name}" for name in _SUBPROCESS}
    | {f"{module}.{name}" for module in ("os", "posix", "nt") for name in ("system", "popen", "startfile")}
    | {
        f"os.{name}"
        for name in ("execl", "execle", "execlp", "execv", "execve", "execvp", "execvpe", "posix_spawn", "posix_spawnp")
    }
    | {f"os.spawn{kind}" for kind in ("l", "le", "lp", "v", "ve", "vp", "vpe")}
    | {
        "pty.spawn",
        "commands.getoutput",
        "asyncio.create_subprocess_shell",
        "asyncio.create_subprocess_exec",
        "_posixsubprocess.fork_exec",
    }
)
_DANGEROUS_MODULES = frozenset(
    [
        "os",
        "posix",
        "nt",
        "subprocess",
        "socket",
        "ctypes",
        "pty",
        "builtins",
        "__builtin__",
        "marshal",
        "pickle",
        "commands",
        "_posixsubprocess",
    ]
)
_EXECUTORS = frozenset({"builtins.exec", "builtins.eval", "builtins.compile", "builtins.execfile"})
_RUNNERS = _EXECUTORS | _COMMANDS
_TEMPORARY = ("/tmp/", "/opt/", "/var/tmp/", "/dev/shm/")  # noqa: S108 - looked for, not used
_LOCAL = re.compile(r"(https?://)?(localhost|127\.|\[?::1|0\.0\.0\.0|169\.254\.|fd00:ec2|metadata\.google)", re.IGNORECASE)
_LOADED = (".py", ".pyc", ".pth", ".so")
_IN_MEMORY = re.compile(r"^/proc/(self|\d+|\W)/fd/")
_DUNDER = re.compile(r"class\.__\w+__")
_WRITES = ("write", "write_bytes", "write_text", "writelines")
_DEEPEST = 4
_SHORTEST_CODE = 8
_MEMORY_CALLS = frozenset({"mprotect", "VirtualAlloc", "VirtualProtect", "VirtualAllocEx"})
_CASTS = frozenset(f"ctypes.{name}" for name in ("CFUNCTYPE", "WINFUNCTYPE", "PYFUNCTYPE", "cast", "memmove", "string_at"))
_CALLS = frozenset(f"ctypes.{name}()" for name in ("CFUNCTYPE", "PYFUNCTYPE", "cast"))
_FOREIGN = (
    *(f"ctypes.{name}()." for name in ("CDLL", "PyDLL", "cdll.LoadLibrary")),
    "ctypes.pythonapi.",
)
"""Functions of C libraries that Python code calls."""
_RUNS_FROM_C = re.compile(
    r"(system|popen|exec[lv]p?e?|execveat|fexecve|posix_spawnp?|PyRun_\w+|Py_CompileString\w*|PyEval_EvalCode\w*)"
)
_HOOKS = frozenset(f"sys.{name}.{verb}" for name in ("meta_path", "path_hooks") for verb in ("insert", "append"))
_JUDGED = (
    frozenset({*_RUNS_CODE, *_RUNS_FILES, "mmap.mmap", "os.dup2", "builtins.setattr"})
    | _COMMANDS | _LOADS | _CASTS | _CALLS | _HOOKS | DOWNLOADS | SENDS
)  # fmt: skip


@dataclass(slots=True)
class PythonRules:
    """Judges what `Flow` comes across in one file.

    Attributes:
        path: Of the file.
        inner: Looks through code that is within the code: text, line, depth.
        line: Line that is told for all findings, for code within code; None for their own.
        depth: How deep code lies within code.
    """

    path: str
    inner: "Callable[[str, int, int], list[Finding]]"
    line: int | None = None
    depth: int = 0
    found: dict[tuple[str, int, str], Finding] = field(default_factory=dict)
    _executable_memory: int | None = None
    _calls_memory: int | None = None
    _looked_at: set[str] = field(default_factory=set)

    def tell(self, rule: str, severity: Severity, node: ast.AST, detail: str) -> None:
        """Note a finding; the same is told once a line."""
        line: int | None = self.line or getattr(node, "lineno", None)
        self.found.setdefault((rule, line or 0, severity), Finding(rule, severity, self.path, detail, line))

    def judge(self, flow: Flow, call: Call) -> Value:
        """Judge a call; returns what it returns."""
        for name in call.function.names:
            if name in _JUDGED or name.rsplit(".", 1)[-1] in _MEMORY_CALLS or name.startswith(_FOREIGN):
                for work in (
                    self._runs_code,
                    self._runs_files,
                    self._commands,
                    self._loads,
                    self._network,
                    self._memory,
                    self._foreign,
                    self._hooks,
                ):
                    work(flow, call, name)
        if call.function.names:
            self._hidden(call)
        self._passed_on(call)
        self._writes(flow, call)
        for name in call.function.names:
            if name.startswith(("attribute:", "method:")) and call.arguments:
                return self._completed(flow, call, name)
        return result_of(flow, call)

    def _completed(self, flow: Flow, call: Call, name: str) -> Value:
        """`operator.attrgetter("system")(os)` is `os.system`, `operator.methodcaller("system", command)(os)` calls it."""
        found = flow.attribute(call.argument(0), name.split(":", 1)[1])
        if call.function.marks & {PIECED, DECODED}:
            found = found.marked(HIDDEN)
        if name.startswith("attribute:"):
            return found
        given = call.function.items
        return self.judge(
            flow, replace(call, function=found, receiver=call.argument(0), arguments=() if given is None else (given,))
        )

    # What is run

    def _runs_code(self, flow: Flow, call: Call, name: str) -> None:
        if name in _RUNS_CODE:
            self._judge_code(flow, call.node, call.argument(_RUNS_CODE[name], "source", "object", "code"), name)

    def _judge_code(self, flow: Flow, node: ast.AST, code: Value, name: str) -> None:
        short = name.removeprefix("builtins.")
        text = text_of(code)
        if code.marks & {DECODED, DOWNLOADED, RECEIVED, METADATA}:
            self.tell("dynamic-code", "high", node, f"{short} runs what was {_origin(code)}")
        elif self._is_written_file(flow, code):
            self.tell("dropped-code", "high", node, f"{short} runs a file that the same code writes")
        elif text is None and short != "compile" and not code.names & {"builtins.compile()"}:
            self.tell("dynamic-code", "low", node, f"{short} runs code that is made at run time")
        worth = text is not None and self.depth < _DEEPEST and len(text) > _SHORTEST_CODE
        if worth and self._look_into(text or "", node) and PIECED in code.marks:
            self.tell("hidden-call", "high", node, f"{short} runs code that runs commands, and is put together from pieces")

    def _look_into(self, text: str, node: ast.AST) -> bool:
        """Note what code within the code does; whether it calls anything of the system."""
        if text in self._looked_at:
            return False
        self._looked_at.add(text)
        findings = self.inner(text, self.line or int(getattr(node, "lineno", 1)), self.depth + 1)
        for finding in findings:
            self.found.setdefault((finding.rule, finding.line or 0, finding.severity), finding)
        return any(finding.rule == "at-import" for finding in findings)

    def _is_written_file(self, flow: Flow, code: Value) -> bool:
        keys = [mark.removeprefix("path:") for mark in code.marks if mark.startswith("path:")]
        return any(self._is_dropped(flow, key) for key in keys)

    def _is_dropped(self, flow: Flow, key: str) -> bool:
        """Whether something foreign was written there, or anything below the folders that a function may write to."""
        marks = flow.written.get(key)
        return marks is not None and (bool(marks & {DECODED, DOWNLOADED, RECEIVED}) or key.startswith(_TEMPORARY))

    def _runs_files(self, flow: Flow, call: Call, name: str) -> None:
        place = _RUNS_FILES.get(name)
        if place is None or place >= len(call.node.args):
            return
        key = flow.path_key(call.node.args[place], call.argument(place))
        if key is not None and self._is_dropped(flow, key):
            self.tell("dropped-code", "high", call.node, f"{name} loads a file that the same code writes")

    def _commands(self, flow: Flow, call: Call, name: str) -> None:
        if name not in _COMMANDS:
            return
        command = derived(
            *_without_environment(name, call.arguments),
            *(call.keywords[k] for k in ("args", "input", "cmd") if k in call.keywords),
        )
        if command.marks & {DECODED, DOWNLOADED, RECEIVED}:
            self.tell("command", "high", call.node, f"{name} runs what was {_origin(command)}")
        for text in _texts(call):
            if SHELL.search(text):
                self.tell(
                    "command", "high", call.node, f"{name} runs a command that downloads and runs code, or gives a shell away"
                )
            elif _IN_MEMORY.search(text):
                self.tell("dropped-code", "high", call.node, f"{name} runs a file that exists in memory only")
            elif any(key in text for key in flow.written if len(key) > 5 and self._is_dropped(flow, key)):
                self.tell("dropped-code", "high", call.node, f"{name} runs a file that the same code writes")
        if self._names_dropped(flow, call):
            self.tell("dropped-code", "high", call.node, f"{name} runs a file to which something foreign was written")
        self._interpreter(flow, call)
        self._shell(call, name)
        if call.is_at_import:
            self.tell(
                "at-import", "medium" if name != "os.popen" else "low", call.node, f"{name} is called when the module is imported"
            )

    def _names_dropped(self, flow: Flow, call: Call) -> bool:
        nodes = [
            inner for argument in call.node.args for inner in ast.walk(argument) if isinstance(inner, (ast.Name, ast.Attribute))
        ]
        if any(self._is_dropped(flow, ast.unparse(node)) for node in nodes):
            return True
        return self._is_written_file(flow, derived(*call.arguments))

    def _interpreter(self, flow: Flow, call: Call) -> None:
        """`python -c CODE` is code too."""
        words = call.node.args[0] if call.node.args else None
        if not isinstance(words, (ast.List, ast.Tuple)) or self.depth >= _DEEPEST:
            return
        for option, word in zip(words.elts, words.elts[1:], strict=False):
            code = text_of(flow.value(word)) if isinstance(option, ast.Constant) and option.value == "-c" else None
            if code is not None:
                self._look_into(code, call.node)

    def _shell(self, call: Call, name: str) -> None:
        sockets = [kind for kind in ("stdin", "stdout", "stderr") if _is_socket(call.keywords.get(kind))]
        if sockets:
            self.tell("reverse-shell", "high", call.node, f"{name} is given a socket as {sockets[0]}")

    def _loads(self, _: Flow, call: Call, name: str) -> None:
        if name not in _LOADS:
            return
        data = derived(*call.arguments)
        is_constant = call.argument(0).is_known
        if data.marks & {DOWNLOADED}:
            self.tell("unpickling", "high", call.node, f"{name} loads what was downloaded: it may run anything")
        elif (DECODED in data.marks and (is_constant or name.startswith("marshal."))) or (
            is_constant and name == "marshal.loads"
        ):
            self.tell("unpickling", "high", call.node, f"{name} loads code that lies encoded in the file")
        elif isinstance(constant := call.argument(0).constant, bytes):
            dangerous = dangerous_globals(constant)
            if dangerous:
                self.tell("unpickling", "high", call.node, f"{name} loads what calls {', '.join(dangerous)}")
        elif RECEIVED in data.marks:
            self.tell("unpickling", "medium", call.node, f"{name} loads what was {_origin(data)}")

    # What is reached by stealth

    def _hidden(self, call: Call) -> None:
        for name in call.function.names:
            if HIDDEN in call.function.marks and _is_dangerous(name):
                self.tell(
                    "hidden-call",
                    "high",
                    call.node,
                    f"{name.removeprefix('builtins.')} is reached by a name that is not written down",
                )
            if name == "builtins.object.__subclasses__" or (
                name.endswith(".__subclasses__") and ("__base" in name or "__mro__" in name)
            ):
                self.tell("hidden-call", "high", call.node, "all classes are reached through the one that all have in common")
        if call.function.names & {"builtins.__import__", "importlib.import_module", "importlib.__import__"}:
            module = text_of(call.argument(0, "name")) or ""
            if call.argument(0, "name").marks & {PIECED, DECODED} and module.split(".")[0] in _DANGEROUS_MODULES:
                self.tell("hidden-call", "high", call.node, f"{module} is imported by a name that is put together")

    def _passed_on(self, call: Call) -> None:
        """Functions that are given to another one to be called: `map(exec, …)`, `Thread(target=exec, args=…)`."""
        values = [*call.arguments, *call.keywords.values()]
        for value in values:
            if not value.names or not (value.names & _RUNNERS):
                continue
            runs = sorted(value.names & _RUNNERS)
            others = derived(*(other for other in values if other is not value))
            if others.marks & {DECODED, DOWNLOADED, RECEIVED}:
                self.tell(
                    "dynamic-code", "high", call.node, f"{runs[0].removeprefix('builtins.')} is given what was {_origin(others)}"
                )
            elif HIDDEN in value.marks:
                self.tell(
                    "hidden-call",
                    "high",
                    call.node,
                    f"{runs[0].removeprefix('builtins.')} is reached by a name that is not written down",
                )

    # What is sent

    def _network(self, _: Flow, call: Call, name: str) -> None:
        if name == "os.dup2" and _is_socket(call.argument(0)) and _is_standard(call.argument(1)):
            self.tell("reverse-shell", "high", call.node, "a socket takes the place of standard input or output")
        if name not in DOWNLOADS and name not in SENDS:
            return
        address = address_of(call)
        if address is not None and is_metadata(address):
            severity: Severity = "high" if call.is_at_import else "medium"
            self.tell("metadata-service", severity, call.node, f"{name} asks the metadata service, which has the role's keys")
        elif address is None or not _LOCAL.match(address):
            says_where = name.startswith("socket.") or address is not None
            self._judge_sent(call, name, call.everything.marks, knows_where=says_where)
        if call.is_at_import:
            self.tell("at-import", "medium", call.node, f"{name} talks over the network when the module is imported")

    def _judge_sent(self, call: Call, name: str, marks: frozenset[str], *, knows_where: bool) -> None:
        if marks & {ENVIRONMENT} or (marks & {CREDENTIAL, METADATA} and knows_where):
            self.tell("sends-secrets", "high", call.node, f"{name} sends the environment or keys elsewhere")
        elif marks & {CREDENTIAL, METADATA}:
            self.tell("sends-secrets", "medium", call.node, f"{name} sends keys; where to is not known")
        elif HOST in marks and call.is_at_import:
            self.tell("sends-secrets", "high", call.node, f"{name} sends names of machine or user when the module is imported")

    # Memory, hooks, files

    def _memory(self, _: Flow, call: Call, name: str) -> None:
        protection = call.everything.names | frozenset(n for v in (*call.arguments, *call.keywords.values()) for n in v.names)
        short = name.rsplit(".", 1)[-1]
        if name == "mmap.mmap" and self._is_executable(call, protection):
            self._executable_memory = call.node.lineno
        if short in _MEMORY_CALLS and "." in name:
            self._executable_memory = call.node.lineno
        if name in _CASTS:
            self._calls_memory = call.node.lineno
        if name in _CALLS and call.function.marks & {DECODED, DOWNLOADED}:
            self._executable_memory = self._calls_memory = call.node.lineno

    def _foreign(self, _: Flow, call: Call, name: str) -> None:
        short = name.rsplit(".", 1)[-1]
        if name.startswith(_FOREIGN) and _RUNS_FROM_C.fullmatch(short):
            self.tell("hidden-call", "high", call.node, f"{short} of a C library is called past Python's own functions")

    def _is_executable(self, call: Call, names: frozenset[str]) -> bool:
        numbers = [value.constant for value in (call.argument(3), call.keywords.get("prot", Value(0)))]
        node_names = {ast.unparse(k.value) for k in call.node.keywords if k.arg == "prot"} | {
            ast.unparse(a) for a in call.node.args[2:]
        }
        return (
            any(isinstance(n, int) and n & 4 for n in numbers)
            or any("PROT_EXEC" in text for text in node_names)
            or any("PROT_EXEC" in text for text in names)
        )

    def _hooks(self, _: Flow, call: Call, name: str) -> None:
        if name in _HOOKS:
            self.tell("import-hook", "low", call.node, f"{name} changes how modules are imported")
        if name == "builtins.setattr" and call.argument(0).names & {"builtins"}:
            replaced = text_of(call.argument(1)) or ""
            self._replaced(call.node, f"builtins.{replaced}")

    def _replaced(self, node: ast.AST, name: str) -> None:
        if name in (
            "builtins.__import__",
            "importlib.__import__",
            "importlib.import_module",
            *_EXECUTORS,
            "builtins.open",
            "builtins.print",
        ):
            self.tell("import-hook", "medium", node, f"{name} is replaced for all code of the function")

    def assigned(self, _: Flow, node: ast.AST, names: frozenset[str], value: Value) -> None:
        """Something was assigned to these names."""
        for name in names:
            self._replaced(node, name)
            if _DUNDER.fullmatch(name) and value.names & _RUNNERS:
                self.tell(
                    "hidden-call",
                    "high",
                    node,
                    f"{name.removeprefix('class.')} is {sorted(value.names)[0]}: using an object runs code",
                )
            if name in ("sys.meta_path", "sys.path_hooks"):
                self.tell("import-hook", "low", node, f"{name} is replaced: it changes how modules are imported")

    def _writes(self, flow: Flow, call: Call) -> None:
        node = call.node.func
        if isinstance(node, ast.Attribute) and node.attr in _WRITES:
            content = derived(*call.arguments)
            for mark in call.receiver.marks:
                if mark.startswith("path:"):
                    self._wrote_to(flow, call.node, mark.removeprefix("path:"), content)
            if node.attr in ("write_bytes", "write_text"):
                self._wrote(flow, node.value, call.receiver, content)
        for name in call.function.names:
            if name in ("urllib.request.urlretrieve", "wget.download") and len(call.node.args) > 1:
                self._wrote(flow, call.node.args[1], call.argument(1), Value(marks=frozenset({DOWNLOADED})))
            if name in ("os.write", "shutil.copyfileobj"):
                source, target = (
                    (call.argument(1), call.argument(0)) if name == "os.write" else (call.argument(0), call.argument(1))
                )
                for mark in target.marks:
                    if mark.startswith("path:"):
                        self._wrote_to(flow, call.node, mark.removeprefix("path:"), source)

    def _wrote(self, flow: Flow, node: ast.expr, path: Value, content: Value) -> None:
        key = flow.path_key(node, path)
        if key is not None:
            self._wrote_to(flow, node, key, content)

    def _wrote_to(self, flow: Flow, node: ast.AST, key: str, content: Value) -> None:
        flow.wrote(key, content)
        if key.endswith(_LOADED) and content.marks & {DECODED, DOWNLOADED, RECEIVED}:
            self.tell("dropped-code", "high", node, f"what was {_origin(content)} is written to a file that Python would load")

    def findings(self, trees: Sequence[ast.Module], *, is_complete: bool) -> Iterator[Finding]:
        """All that was found, by line.

        Args:
            trees: The code of the file.
            is_complete: Whether nothing of the file is missing in them.
        """
        if self._executable_memory is not None and self._calls_memory is not None:
            line = self.line or self._calls_memory
            what = "memory is made executable, and called as a function"
            if is_complete and all(map(is_harmless, trees)):
                yield Finding("shellcode", "medium", self.path, f"{what}; its code is constant and only computes", line)
            else:
                yield Finding("shellcode", "high", self.path, what, line)
        yield from sorted(self.found.values(), key=lambda one: (one.line or 0, one.rule))


def _without_environment(name: str, arguments: tuple[Value, ...]) -> tuple[Value, ...]:
    """What is run; `os.execve` and its like are given the environment as well."""
    if name.startswith("os.posix_spawn"):
        return arguments[:2]
    return arguments[:-1] if re.fullmatch(r"os\.(exec|spawn)\w*e", name) else arguments


def _origin(value: Value) -> str:
    words = ((DECODED, "decoded"), (DOWNLOADED, "downloaded"), (METADATA, "downloaded"), (RECEIVED, "received over a socket"))
    return next((word for mark, word in words if mark in value.marks), "put together")


def _is_dangerous(name: str) -> bool:
    return (
        name in _EXECUTORS
        or name in _COMMANDS
        or name in _LOADS
        or name in ("socket.socket", "socket.create_connection", "ctypes.CDLL")
    )


def _is_socket(value: Value | None) -> bool:
    return value is not None and any(name.startswith(("socket.socket()", "socket.create_connection()")) for name in value.names)


def _is_standard(value: Value) -> bool:
    """Whether a descriptor is, or may be, that of standard input or output."""
    return value.constant in (0, 1, 2) or (
        not value.is_known and not any(name.endswith(".fileno()") and "sys.std" not in name for name in value.names)
    )


def _texts(call: Call) -> Iterator[str]:
    """Constant texts of a command: as one, and its words joined."""
    for value in (*call.arguments, *(call.keywords[k] for k in ("args", "input", "cmd") if k in call.keywords)):
        text = text_of(value) or next((name[5:].replace("\0", " ") for name in value.names if name.startswith("text:")), None)
        if text is not None:
            yield text
        elif isinstance(value.constant, list):
            yield " ".join(str(word) for word in value.constant)
