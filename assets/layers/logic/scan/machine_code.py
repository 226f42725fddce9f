"""Machine code that Python code runs: whether all of it is written down in the file, and can only compute.

Executable memory and its address are followed through the file: as soon as either is used in any way that is not known, or
what is written to it is not constant, the answer is no. Names count for the whole file, whatever their scope.
"""

import ast
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import product

_PROTECTS = frozenset({"mprotect", "VirtualProtect", "VirtualFree"})
_KERNEL = _PROTECTS | {"VirtualAlloc"}
_POINTER_TYPES = frozenset({"CFUNCTYPE", "PYFUNCTYPE", "WINFUNCTYPE"})
_BYTES = frozenset({"c_ubyte", "c_uint8", "c_char"})
_CHANGES = frozenset({"append", "extend", "insert", "reverse", "sort", "pop", "remove", "clear"})
_BLINDING = frozenset({"exec", "eval", "globals", "locals", "vars", "setattr"})
_BEHIND = frozenset({"from_address", "cast", "memset", "pythonapi", "attrgetter", "methodcaller"}) | {
    f"__{name}__" for name in ("dict", "class", "subclasses", "setattr", "getattribute", "setitem", "globals")
}
_FOLLOWED = _KERNEL | _POINTER_TYPES | {"memmove", "mmap", "addressof", "from_buffer"}
_REACHED = _BLINDING | _BEHIND | _FOLLOWED | {"write"}
_MOST = 64
_MOST_STEPS = 20_000
_LONGEST = 4096


def only_computes(code: bytes) -> bool:
    """Whether x86 code is straight, leaves the stack as it was and returns: moves, arithmetic, CPUID and time stamps, no more.

    So it can neither ask the kernel for anything nor call other code. Code of other processors is not known.
    """
    at, pushed = 0, 0
    while at < len(code) - 1:
        wide = code[at] in range(0x40, 0x50)
        at += wide
        kind, rest = code[at], code[at + 1 :]
        if kind in range(0x50, 0x60) and kind & 7 != 4:
            pushed += 1 if kind < 0x58 else -1
            size = 1
        elif kind in range(0xB8, 0xC0) and kind != 0xBC and not wide:
            size = 5
        elif code[at : at + 2] in (b"\x0f\xa2", b"\x0f\x31"):
            size = 2
        elif kind == 0xC1 and rest and rest[0] >= 0xC0 and rest[0] & 7 != 4:
            size = 3
        else:
            size = _moved(kind, rest)
        if not size or pushed < 0:
            return False
        at += size
    return at == len(code) - 1 and code[at] == 0xC3 and pushed == 0


def _moved(kind: int, rest: bytes) -> int:
    """Length of a move or an operation of two registers, or of one and memory beside the stack; 0 if it is none."""
    if kind not in (0x01, 0x09, 0x21, 0x29, 0x31, 0x89, 0x8B) or not rest:
        return 0
    mode, register, other = rest[0] >> 6, rest[0] >> 3 & 7, rest[0] & 7
    if mode == 3:
        return 2 if 4 not in (register, other) or (kind == 0x89 and (register, other) == (4, 5)) else 0
    if kind == 0x8B and register != 4 and mode == 1:
        return 4 if other == 4 and rest[1:2] == b"\x24" else 3 if other != 4 else 0
    return 2 + mode if kind == 0x89 and mode < 2 and other not in (4, 5) else 0


def is_harmless(tree: ast.Module) -> bool:
    """Whether everything that a file puts into executable memory is constant and only computes; not if it is too large to say."""
    try:
        return _File(tree).is_harmless()
    except RecursionError:
        return False


def _key(node: ast.AST | None) -> str:
    """A name, or an attribute of whatever object; empty if it is neither."""
    return node.id if isinstance(node, ast.Name) else f".{node.attr}" if isinstance(node, ast.Attribute) else ""


class _File:
    def __init__(self, tree: ast.Module) -> None:
        self.nodes = list(ast.walk(tree))
        self.parents = {child: node for node in self.nodes for child in ast.iter_child_nodes(node)}
        self.calls = [node for node in self.nodes if isinstance(node, ast.Call)]
        self.called: dict[str, list[ast.Call]] = defaultdict(list)
        for call in self.calls:
            self.called[_key(call.func).removeprefix(".")].append(call)
        functions = {call.func for call in self.calls}
        self.referred = {
            _key(node).removeprefix(".")
            for node in self.nodes
            if isinstance(getattr(node, "ctx", None), ast.Load) and _key(node) and node not in functions
        }
        self.steps = 0
        self.values: dict[str, list[ast.expr | None]] = defaultdict(list)
        self.elements: dict[str, list[ast.expr]] = defaultdict(list)
        for node in self.nodes:
            self._bind(node)
        self.aliases = {
            key: value.attr
            for key, values in self.values.items()
            for value in values
            if isinstance(value, ast.Attribute) and value.attr in _KERNEL
        }
        self.active: set[str] = set()
        self.memories: set[str] = set()

    def _bind(self, node: ast.AST) -> None:
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                self._put(target, node.value)
        elif isinstance(node, ast.For) and isinstance(node.target, ast.Name):
            self.elements[node.target.id].append(node.iter)
        elif isinstance(node, (ast.For, ast.AugAssign, ast.comprehension)):
            self._put(node.target, None)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            self._put_parameters(node)
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            self._put(node.optional_vars, None)
        elif isinstance(node, (ast.alias, ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
            self.values[getattr(node, "asname", None) or node.name or ""].append(None)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGES:
            self.values[_key(node.func.value)].append(None)

    def _put(self, target: ast.expr, value: ast.expr | None) -> None:
        if _key(target):
            self.values[_key(target)].append(value)
        elif isinstance(target, ast.Subscript):
            self._put(target.value, None)
        else:
            for one in ast.iter_child_nodes(target):
                if isinstance(one, ast.expr):
                    self._put(one, None)

    def _put_parameters(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        """What the calls within the file give."""
        told = node.args
        names = [one.arg for one in (*told.posonlyargs, *told.args)]
        name = getattr(node, "name", "")
        owner = self.parents.get(node)
        if isinstance(owner, ast.ClassDef):
            names = names[1:]
            name = owner.name if name == "__init__" else name
        calls = [] if self._is_called_otherwise(node, name) else self.called.get(name, [])
        self.steps += len(calls) * len(names)
        if self.steps > _MOST_STEPS:
            calls = []
        defaults = dict(zip(reversed(names), reversed(told.defaults), strict=False))
        for at, parameter in enumerate(names):
            self.values[parameter] += [_given(call, at, parameter, defaults.get(parameter)) for call in calls] or [None]
        if told.vararg is not None:
            rest: list[ast.expr | None] = [ast.List(call.args[len(names) :]) for call in calls]
            self.values[told.vararg.arg] += rest or [None]
        for one in (*told.kwonlyargs, *([told.kwarg] if told.kwarg is not None else [])):
            self.values[one.arg].append(None)

    def _is_called_otherwise(self, node: ast.AST, name: str) -> bool:
        """Whether calls that do not say the name may reach a function."""
        owner = self.parents.get(node)
        decorators = [*getattr(node, "decorator_list", ()), *getattr(owner, "decorator_list", ())]
        return not name or name.startswith("__") or name in self.referred or bool(decorators)

    def is_harmless(self) -> bool:
        """See the function of that name."""
        if any(map(self._is_blinding, self.nodes)):
            return False
        memories = self.memories = self._made(self._is_memory)
        addresses = self._made(self._is_address)
        kept = {id(value) for key in memories | addresses for value in self.values[key]}
        written: list[ast.expr] = []
        for call in self.calls:
            is_source = self._is_memory(call) or self._function(call) == "VirtualAlloc"
            if (is_source and id(call) not in kept) or not self._is_known(call, addresses):
                return False
            if self._function(call) == "memmove" and len(call.args) > 1:
                written.append(call.args[1])
        for node in self.nodes:
            key = _key(node)
            if key in memories | addresses and isinstance(getattr(node, "ctx", None), ast.Load):
                if not (self._is_memory_used(node, written) if key in memories else self._is_address_used(node)):
                    return False
            elif self._is_handed_on(node):
                return False
        codes = [self._bytes(one) for one in written]
        return bool(codes) and all(found and all(map(only_computes, found)) for found in codes)

    def _is_blinding(self, node: ast.AST) -> bool:
        """Whether it reaches names in a way that is not followed."""
        if _key(node) == "getattr":
            call = self.parents[node]
            name = call.args[1] if isinstance(call, ast.Call) and call.func is node and len(call.args) > 1 else None
            text = name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else None
            return text is None or f".{text}" in self.values or text in _REACHED
        if _key(node) == "type":
            around = self.parents[self.parents[node]]
            return not (isinstance(around, ast.Compare) or self._is_annotation(node))
        if isinstance(node, ast.alias):
            return node.name == "*" or (node.asname is not None and node.name in _REACHED)
        if isinstance(node, ast.Constant):
            return node.value in _FOLLOWED if isinstance(node.value, str) else False
        return _key(node) in _BLINDING or _key(node).removeprefix(".") in _BEHIND

    def _is_annotation(self, node: ast.AST) -> bool:
        around = self.parents[node]
        while isinstance(around, (ast.Subscript, ast.Tuple, ast.BinOp)):
            node, around = around, self.parents[around]
        return node is getattr(around, "annotation", None)

    def _is_handed_on(self, node: ast.AST) -> bool:
        """Whether a function that is followed by its name may be called by another one."""
        key = _key(node)
        is_pointer_type = any(self._function(value) in _POINTER_TYPES for value in self.values.get(key, ()))
        if not isinstance(getattr(node, "ctx", None), ast.Load):
            return False
        if key.removeprefix(".") not in _FOLLOWED and key not in self.aliases and not is_pointer_type:
            return False
        around = self.parents[node]
        is_named = isinstance(around, ast.Assign) and isinstance(node, ast.Attribute) and node.attr in _KERNEL
        return not (is_named or isinstance(around, ast.Attribute) or (isinstance(around, ast.Call) and around.func is node))

    def _made(self, is_one: Callable[[ast.AST | None], bool]) -> set[str]:
        """Names that are that and nothing else."""
        return {
            key for key, values in self.values.items()
            if any(map(is_one, values)) and all(is_one(v) or (isinstance(v, ast.Constant) and v.value is None) for v in values)
        }  # fmt: skip

    def _function(self, node: ast.AST | None) -> str:
        if not isinstance(node, ast.Call):
            return ""
        key = _key(node.func)
        return self.aliases.get(key, key.removeprefix("."))

    def _is_memory(self, node: ast.AST | None) -> bool:
        return self._function(node) == "mmap"

    def _is_address(self, node: ast.AST | None) -> bool:
        if not isinstance(node, ast.Call):
            return False
        if self._function(node) != "addressof":
            return self._function(node) == "VirtualAlloc"
        buffers = [one for one in node.args if isinstance(one, ast.Call) and self._function(one) == "from_buffer"]
        return any(_key(one) in self.memories for buffer in buffers for one in buffer.args[:1])

    def _is_pointer_type(self, node: ast.expr) -> bool:
        return self._function(node) in _POINTER_TYPES or any(
            self._function(value) in _POINTER_TYPES for value in self.values.get(_key(node), ())
        )

    def _is_known(self, call: ast.Call, addresses: set[str]) -> bool:
        """Whether what the call makes executable, calls or writes to is memory that is followed."""
        name = self._function(call)
        first = call.args[0] if call.args else None
        if self._function(first) == "c_void_p" and isinstance(first, ast.Call) and first.args:
            first = first.args[0]
        if name in _PROTECTS or name == "memmove":
            return _key(first) in addresses
        if self._is_pointer_type(call.func):
            return _key(first) in addresses or _key(first) == "._memmove_addr"
        return True

    def _is_memory_used(self, node: ast.AST, written: list[ast.expr]) -> bool:
        around = self.parents[node]
        above = self.parents.get(around)
        if isinstance(around, ast.Call):
            return around.func is node or (self._function(around) == "from_buffer" and self._function(above) == "addressof")
        if not isinstance(around, ast.Attribute) or not isinstance(above, ast.Call) or above.func is not around:
            return False
        if around.attr == "write" and len(above.args) == 1:
            written.append(above.args[0])
            return True
        return around.attr == "close"

    def _is_address_used(self, node: ast.AST) -> bool:
        around = self.parents[node]
        if isinstance(around, ast.Call):
            name = self._function(around)
            is_wrapped = name == "c_void_p" and self._function(self.parents[around]) in {*_PROTECTS, "FlushInstructionCache"}
            is_target = name == "memmove" and around.args[:1] == [node]
            return around.func is node or is_wrapped or is_target or name in _PROTECTS or self._is_pointer_type(around.func)
        return isinstance(around, ast.UnaryOp) and isinstance(around.op, ast.Not)

    # What is written

    def _bytes(self, node: ast.expr | None) -> frozenset[bytes] | None:
        """All that an expression may be; None if that is not known, empty if it is itself."""
        self.steps += 1
        if self.steps > _MOST_STEPS:
            return None
        if isinstance(node, ast.Constant):
            if isinstance(node.value, int) and 0 <= node.value < 256:
                return frozenset({bytes([node.value])})
            return frozenset({node.value}) if isinstance(node.value, bytes) else None
        if isinstance(node, (ast.List, ast.Tuple)):
            return self._joined(node.elts)
        if isinstance(node, ast.Starred):
            return self._bytes(node.value)
        if isinstance(node, ast.IfExp):
            return self._any([node.body, node.orelse])
        if isinstance(node, ast.Call):
            return self._of_call(node)
        return self._named(_key(node)) if _key(node) else None

    def _of_call(self, node: ast.Call) -> frozenset[bytes] | None:
        function = node.func
        if isinstance(function, ast.BinOp) and _key(function.left).removeprefix(".") in _BYTES:
            return self._joined(node.args)
        if _key(function) == ".join" and isinstance(function, ast.Attribute) and node.args:
            given = node.args if _key(function.value) == "bytes" else [function.value, *node.args]
            empty = len(given) == 2 and isinstance(given[0], ast.Constant) and given[0].value == b""
            return self._bytes(given[1]) if empty else None
        return self._bytes(node.args[0]) if _key(function) in ("bytes", "bytearray") and len(node.args) == 1 else None

    def _named(self, key: str) -> frozenset[bytes] | None:
        if key in self.active:
            return frozenset()
        if not self.values.get(key) and not self.elements.get(key):
            return None
        self.active.add(key)
        try:
            found = self._any(self.values.get(key, []))
            among = [element for rows in self.elements.get(key, []) for element in self._rows(rows)]
            more = self._any(among)
            return None if found is None or more is None else found | more
        finally:
            self.active.discard(key)

    def _rows(self, node: ast.expr) -> list[ast.expr | None]:
        """Elements of a list that is written down, or of all that a name may be."""
        lists = [node] if isinstance(node, (ast.List, ast.Tuple)) else self.values.get(_key(node)) or [None]
        return [e for one in lists for e in (one.elts if isinstance(one, (ast.List, ast.Tuple)) else [None])]

    def _any(self, nodes: Iterable[ast.expr | None]) -> frozenset[bytes] | None:
        found = [self._bytes(node) for node in nodes]
        return None if None in found else frozenset[bytes]().union(*(one for one in found if one is not None))

    def _joined(self, nodes: Sequence[ast.expr]) -> frozenset[bytes] | None:
        found = [one for one in map(self._bytes, nodes) if one is not None]
        if len(found) < len(nodes) or (len(found) > 1 and not all(found)):
            return None
        several = [one for one in found if len(one) > 1]
        length = sum(max(map(len, one), default=0) for one in found)
        if length > _LONGEST or len(several) > 2 or any(len(one) > _MOST for one in several):
            return None
        return frozenset(map(b"".join, product(*found)))


def _given(call: ast.Call, at: int, name: str, default: ast.expr | None) -> ast.expr | None:
    """An argument of a call; None if it is not known."""
    if any(isinstance(one, ast.Starred) for one in call.args[: at + 1]) or any(one.arg is None for one in call.keywords):
        return None
    if at < len(call.args):
        return call.args[at]
    return next((one.value for one in call.keywords if one.arg == name), default)
