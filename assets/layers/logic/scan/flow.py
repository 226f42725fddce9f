"""Python code followed without running it: which names refer to what, and where values come from.

Functions are followed where they are first called, those that nobody calls at the end; what depends on their parameters is
judged where they are called. Loops over small constants are unrolled. Not followed: other files, and values that live in
containers by key.
"""

import ast
import builtins
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from assets.layers.logic.scan import folding
from assets.layers.logic.scan.scopes import Callee, Class, Pending, Scope
from assets.layers.logic.scan.values import (
    CREDENTIAL,
    DECODED,
    DROPPED,
    ENVIRONMENT,
    HIDDEN,
    NOTHING,
    PIECED,
    UNKNOWN,
    Value,
    any_of,
    derived,
    either,
    referring,
    text_of,
)

_BUILTINS = frozenset(dir(builtins)) | {"unicode", "unichr", "reload", "execfile", "raw_input"}
_FUNCTIONS_OF_CODE = frozenset({"builtins.exec", "builtins.eval", "builtins.compile", "builtins.__import__", "os.system"})
_STEPS = 60_000
"""Statements and elements that are followed per file when loops are unrolled; then each is followed once."""
_MOST_TURNS = 5_000
_MOST_PENDING = 40
_DEEPEST = 60
_SMALL = 12
_DEEPEST_CALL = 5
_AGAIN = 4_000
"""Steps per file that following small functions again may take."""
_SIGNS: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.Invert: operator.invert,
    ast.UAdd: operator.pos,
}
_NAMESPACES = ("builtins.vars()", "builtins.globals()", "builtins.locals()", "sys.modules")
_LOOKUPS = frozenset({"get", "__getitem__", "pop", "setdefault"})
_ENVIRON = frozenset({"os.environ", "os.environb"})
CREDENTIALS = frozenset({"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID", "AWS_SECURITY_TOKEN"})
"""Variables that hold the keys of a function's role."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call as far as it is known.

    Attributes:
        node: In the code.
        function: What is called.
        receiver: Of a method: the object.
        arguments: By position.
        keywords: By name.
        is_at_import: Whether it happens when the module is imported.
    """

    node: ast.Call
    function: Value
    receiver: Value
    arguments: tuple[Value, ...]
    keywords: dict[str, Value]
    is_at_import: bool

    def argument(self, place: int, *names: str) -> Value:
        """An argument by place or name."""
        if 0 <= place < len(self.arguments):
            return self.arguments[place]
        return next((self.keywords[name] for name in names if name in self.keywords), NOTHING)

    @property
    def everything(self) -> Value:
        """All arguments joined."""
        return derived(*self.arguments, *self.keywords.values())


class Flow:
    """Follows one module and tells every call to `judge`, which says what the result is worth.

    Attributes:
        written: Paths (constants or code of their expression) to which something was written, and the marks of what.
    """

    def __init__(
        self,
        judge: Callable[["Flow", Call], Value],
        assigned: Callable[["Flow", ast.AST, frozenset[str], Value], None],
    ) -> None:
        self.judge = judge
        self.assigned = assigned
        self.module = Scope()
        self.scope = self.module
        self.written: dict[str, frozenset[str]] = {}
        self._callees: list[Callee] = []
        self._classes: dict[str, Class] = {}
        self._stars: list[str] = []
        self._current: Callee | None = None
        self._at_import = True
        self._steps = 0
        self._loops = 0
        self._depth = 0
        self._again = 0

    def follow(self, tree: ast.Module) -> None:
        """Follow a module, and then the functions that it did not call."""
        self.block(tree.body)
        self._at_import = False
        at = 0
        while at < len(self._callees):
            self._body(self._callees[at])
            at += 1

    # Statements

    def block(self, statements: Iterable[ast.stmt]) -> None:
        """Follow statements in their order."""
        for statement in statements:
            self._steps += 1
            work: Callable[[Any], None] | None = getattr(self, f"_{type(statement).__name__.lower()}", None)
            if work is not None:
                work(statement)
            else:
                self._others(statement)

    def _others(self, statement: ast.stmt) -> None:
        for child in ast.iter_child_nodes(statement):
            if isinstance(child, ast.expr):
                self.value(child)
            elif isinstance(child, ast.stmt):
                self._unsurely([child])

    def _unsurely(self, *blocks: Sequence[ast.stmt]) -> None:
        scope = self.scope
        scope.unsure += 1
        for block in blocks:
            self.block(block)
        scope.unsure -= 1

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            whole = alias.name if alias.asname else alias.name.split(".")[0]
            self.scope.put(alias.asname or whole, referring(whole))

    def _importfrom(self, node: ast.ImportFrom) -> None:
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name == "*":
                self._stars.append(module)
            else:
                self.scope.put(alias.asname or alias.name, self.attribute(referring(module), alias.name))

    def _functiondef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        value = self._function(node)
        for default in (*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)):
            self.value(default)
        for decorator in reversed(node.decorator_list):
            value = either(value, self._decorated(decorator, value))
        self.scope.put(node.name, value)

    _asyncfunctiondef = _functiondef

    def _decorated(self, decorator: ast.expr, value: Value) -> Value:
        call = ast.copy_location(ast.Call(decorator, [], []), decorator)
        return self._call(call, self.value(decorator), NOTHING, (value,), {})

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Value:
        owner = self._classes.get(f"{id(self.scope)}") if self.scope.is_class else None
        callee = Callee(node, self.scope, owner)
        self._callees.append(callee)
        return Value(callees=(callee,))

    def _classdef(self, node: ast.ClassDef) -> None:
        scope = Scope(outer=self.scope, is_class=True)
        name = f"class:{node.name}:{id(scope)}"
        self._classes[name] = self._classes[f"{id(scope)}"] = Class(name, scope)
        for base in (*node.bases, *(keyword.value for keyword in node.keywords)):
            self.value(base)
        before, self.scope = self.scope, scope
        self.block(node.body)
        self.scope = before
        value = referring(name)
        for decorator in reversed(node.decorator_list):
            value = either(value, self._decorated(decorator, value))
        self.scope.put(node.name, value)

    def _assign(self, node: ast.Assign) -> None:
        value = self.value(node.value)
        for target in node.targets:
            self._put(target, value)

    def _annassign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._put(node.target, self.value(node.value))

    def _augassign(self, node: ast.AugAssign) -> None:
        value = self._operated(node.op, self.value(node.target), self.value(node.value))
        if self._loops:
            value = Value(marks=value.marks, items=value.items)
        self._put(node.target, value)

    def _put(self, target: ast.expr, value: Value) -> None:
        if isinstance(target, ast.Name):
            self.scope.put(target.id, value)
            if self.scope.is_class:
                self.assigned(self, target, frozenset({f"class.{target.id}"}), value)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for place, element in enumerate(target.elts):
                self._put(element.value if isinstance(element, ast.Starred) else element, self._element(value, place))
        elif isinstance(target, ast.Attribute):
            self._put_attribute(target, value)
        elif isinstance(target, ast.Subscript):
            container = self.value(target.value)
            key = self.value(target.slice)
            if _is_namespace(container) or "builtins" in container.names:
                self.assigned(self, target, self._looked_up(container, key).names, value)
            if isinstance(target.value, ast.Name):
                grown = Value(container.constant if not self._loops else UNKNOWN, container.names, container.marks | value.marks)
                self.scope.put(target.value.id, Value(UNKNOWN, grown.names, grown.marks, value, grown.callees))

    def _put_attribute(self, target: ast.Attribute, value: Value) -> None:
        receiver = self.value(target.value)
        for name in receiver.names:
            owner = self._classes.get(name.removesuffix("()"))
            if owner is not None:
                known = owner.attributes.names.get(target.attr, NOTHING)
                owner.attributes.names[target.attr] = either(known, value)
        self.assigned(self, target, frozenset(f"{name}.{target.attr}" for name in receiver.names), value)

    def _element(self, value: Value, place: int) -> Value:
        found = folding.subscript(value.constant, place)
        if found is not folding.UNFOLDED:
            return Value(found, marks=value.marks)
        return either(value.items or NOTHING, derived(value))

    def _return(self, node: ast.Return) -> None:
        if node.value is not None:
            value = self.value(node.value)
            if self._current is not None:
                self._current.returns = either(self._current.returns, value)

    def _global(self, node: ast.Global | ast.Nonlocal) -> None:
        if self.scope is not self.module:
            self.scope.elsewhere.update(node.names)

    _nonlocal = _global

    def _if(self, node: ast.If) -> None:
        self.value(node.test)
        before = self._at_import
        if "__main__" in ast.dump(node.test):
            self._at_import = False
        self._unsurely(node.body)
        self._at_import = before
        self._unsurely(node.orelse)

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        rows = self.value(node.iter)
        turns = _rows(rows)
        is_unrolled = turns is not None and len(turns) <= _MOST_TURNS and self._steps + len(turns) * len(node.body) <= _STEPS
        for row in turns or () if is_unrolled else ():
            self._put(node.target, Value(row, marks=rows.marks))
            self.block(node.body)
            if self._steps > _STEPS:
                is_unrolled = False  # loops within took all steps
                break
        if not is_unrolled:
            self._put(node.target, self._any_element(rows))
            self._loops += 1
            self._unsurely(node.body)
            self._loops -= 1
        self._unsurely(node.orelse)

    _asyncfor = _for

    def _any_element(self, rows: Value) -> Value:
        items = _rows(rows) or ()
        constants = any_of(Value(item) for item in items[:50])
        return either(rows.items or constants, derived(rows))

    def _while(self, node: ast.While) -> None:
        self.value(node.test)
        self._loops += 1
        self._unsurely(node.body, node.body if self._steps < _STEPS and len(node.body) < _DEEPEST else [])
        self._loops -= 1
        self._unsurely(node.orelse)

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            value = self.value(item.context_expr)
            if item.optional_vars is not None:
                self._put(item.optional_vars, value)
        self.block(node.body)

    _asyncwith = _with

    def _try(self, node: ast.Try) -> None:
        self.block(node.body)
        for handler in node.handlers:
            self._unsurely(handler.body)
        self._unsurely(node.orelse)
        self.block(node.finalbody)

    _trystar = _try

    def _match(self, node: ast.Match) -> None:
        subject = self.value(node.subject)
        for case in node.cases:
            for pattern in ast.walk(case.pattern):
                if isinstance(pattern, ast.MatchAs) and pattern.name is not None:
                    found = subject if pattern is case.pattern else self._any_element(subject)
                    self.scope.put(pattern.name, found)
            self._unsurely(case.body)

    # Expressions

    def value(self, node: ast.expr) -> Value:
        """What is known of an expression."""
        self._steps += 1
        work: Callable[[Any], Value] | None = getattr(self, f"_of_{type(node).__name__.lower()}", None)
        if work is not None:
            return work(node)
        return derived(*[self.value(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)])

    def _of_constant(self, node: ast.Constant) -> Value:
        return Value(node.value)

    def _of_name(self, node: ast.Name) -> Value:
        found = self.scope.find(node.id)
        if found is not None:
            return found
        if node.id == "__builtins__":
            return referring("builtins")
        if node.id in _BUILTINS:
            return referring(f"builtins.{node.id}")
        return referring(*(f"{module}.{node.id}" for module in self._stars[-4:])) if self._stars else NOTHING

    def _of_attribute(self, node: ast.Attribute) -> Value:
        return self.attribute(self.value(node.value), node.attr)

    def attribute(self, receiver: Value, name: str) -> Value:
        """What an attribute of a value may be."""
        found = NOTHING
        if receiver.is_known and name.startswith("__"):
            return referring(f"constant.{name}", marks=receiver.marks)
        if receiver.callees and name == "__globals__":
            return referring("builtins.globals()")
        for owner_name in receiver.names:
            owner = self._classes.get(owner_name.removesuffix("()"))
            if owner is not None:
                found = either(found, owner.find(name))
        names = frozenset(f"{one}.{name}" for one in receiver.names if not one.startswith("class:") and len(one) < 120)
        marks = receiver.marks | {ENVIRONMENT} if names & _ENVIRON else receiver.marks
        return either(found, Value(names=names, marks=marks)) if names or marks else found

    def _of_subscript(self, node: ast.Subscript) -> Value:
        container = self.value(node.value)
        if isinstance(node.slice, ast.Slice):
            return self._sliced(container, node.slice)
        place = self.value(node.slice)
        call = ast.copy_location(ast.Call(node, [node.slice], []), node)
        for name in container.names:
            owner = self._classes.get(name.removesuffix("()"))
            if owner is not None:
                special = owner.find("__getitem__" if name.endswith("()") else "__class_getitem__")
                return self._call(call, special, NOTHING, (place,), {})
        return self._looked_up(container, place)

    def _sliced(self, container: Value, node: ast.Slice) -> Value:
        parts = [self.value(part) if part is not None else Value(None) for part in (node.lower, node.upper, node.step)]
        if not all(part.is_known for part in parts) or not container.is_known:
            return Value(marks=container.marks, items=container.items)
        try:
            piece = slice(*(part.constant for part in parts))
        except TypeError:
            return derived(container)
        found = folding.subscript(container.constant, piece)
        step = parts[2].constant
        how = (
            {PIECED, DECODED}
            if isinstance(step, int) and step != 1 and isinstance(container.constant, (str, bytes))
            else {PIECED}
        )
        return derived(container) if found is folding.UNFOLDED else Value(found, marks=container.marks | how)

    def _looked_up(self, container: Value, place: Value) -> Value:
        """An element by place or key; a name in a namespace."""
        if container.is_known and place.is_known:
            found = folding.subscript(container.constant, place.constant)
            if found is not folding.UNFOLDED:
                return Value(found, marks=container.marks | {PIECED})
        key = text_of(place)
        if container.names & _ENVIRON:
            return Value(marks=(container.marks - {ENVIRONMENT}) | ({CREDENTIAL} if key in CREDENTIALS else set()))
        if key is not None:
            for name in container.names:
                if name.endswith((".__dict__", ".__globals__")) or name in _NAMESPACES or name == "builtins":
                    return self._from_namespace(container, name, key, place)
        named = referring(*(f"{name}[]" for name in container.names), marks=container.marks)
        return either(container.items, named) if container.items is not None else named

    def _from_namespace(self, container: Value, name: str, key: str, place: Value) -> Value:
        if name == "sys.modules":
            return referring(key, marks=container.marks | ({HIDDEN} if PIECED in place.marks else set()))
        if key == "__builtins__":
            return referring("builtins", marks=container.marks | {HIDDEN})
        if name in ("builtins.globals()", "builtins.locals()"):
            return self.scope.find(key) or referring(f"builtins.{key}" if key in _BUILTINS else key)
        bases = container.items.names if name == "builtins.vars()" and container.items else {name.removesuffix(".__dict__")}
        return referring(*(f"{base}.{key}" for base in bases), marks=container.marks | {HIDDEN})

    def _of_binop(self, node: ast.BinOp) -> Value:
        return self._operated(node.op, self.value(node.left), self.value(node.right))

    def _operated(self, kind: ast.operator, left: Value, right: Value) -> Value:
        marks = left.marks | right.marks
        if left.is_known and right.is_known:
            found = folding.binary(kind, left.constant, right.constant)
            if found is not folding.UNFOLDED:
                return Value(found, marks=marks | {PIECED})
        if isinstance(kind, ast.Div) and isinstance(left.constant, str) and isinstance(right.constant, str):
            return Value(f"{left.constant.rstrip('/')}/{right.constant}", left.names, marks)
        if isinstance(kind, ast.BitXor):
            marks |= {"xor"}
        beginning = left.constant if isinstance(left.constant, str) else UNKNOWN
        if isinstance(kind, ast.Add) and isinstance(beginning, str) and len(beginning) > len("http://a"):
            return Value(marks=marks, names=frozenset({f"text:{beginning[:100]}"}))
        return Value(
            marks=marks, items=left.items or right.items, names=frozenset(n for n in left.names if n.startswith("text:"))
        )

    def _of_unaryop(self, node: ast.UnaryOp) -> Value:
        value = self.value(node.operand)
        work: Callable[[Any], Any] | None = _SIGNS.get(type(node.op))
        if work is not None and isinstance(value.constant, (int, float)):
            try:
                return Value(work(value.constant), marks=value.marks)
            except TypeError:
                pass
        return derived(value)

    def _of_joinedstr(self, node: ast.JoinedStr) -> Value:
        parts = [self.value(part) for part in node.values]
        marks = frozenset[str]().union(*(part.marks for part in parts))
        if all(part.is_known for part in parts):
            return Value("".join(str(part.constant) for part in parts)[: folding.MOST], marks=marks | {PIECED})
        first = parts[0].constant if parts else None
        known = "".join(str(part.constant) if part.is_known else "\0" for part in parts)[:200]
        return Value(marks=marks, names=frozenset({f"text:{known}"}) if first else frozenset())

    def _of_formattedvalue(self, node: ast.FormattedValue) -> Value:
        value = self.value(node.value)
        if node.format_spec is None and node.conversion == -1 and isinstance(value.constant, (str, int)):
            return value
        return derived(value)

    def _of_tuple(self, node: ast.Tuple | ast.List | ast.Set) -> Value:
        found = self.collected([self.value(element) for element in node.elts])
        if isinstance(node, ast.Tuple) and isinstance(found.constant, list):
            return Value(tuple(found.constant), marks=found.marks)
        return found

    _of_list = _of_tuple
    _of_set = _of_tuple

    def collected(self, elements: Sequence[Value]) -> Value:
        """A sequence of these."""
        marks = frozenset[str]().union(*(element.marks for element in elements))
        if all(element.is_known for element in elements):
            return Value([element.constant for element in elements], marks=marks)
        return Value(marks=marks, items=any_of(elements[:200]))

    def _of_dict(self, node: ast.Dict) -> Value:
        keys = [self.value(key) for key in node.keys if key is not None]
        values = [self.value(value) for value in node.values]
        marks = frozenset[str]().union(*(one.marks for one in (*keys, *values)))
        if len(keys) == len(values) and all(one.is_known for one in (*keys, *values)):
            try:
                return Value({k.constant: v.constant for k, v in zip(keys, values, strict=True)}, marks=marks)
            except TypeError:
                pass
        return Value(marks=marks, items=any_of(values[:200]))

    def _of_listcomp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Value:
        before, self.scope = self.scope, Scope(outer=self.scope)
        try:
            return self._comprehended(node)
        finally:
            self.scope = before

    _of_setcomp = _of_listcomp
    _of_generatorexp = _of_listcomp

    def _comprehended(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Value:
        first = node.generators[0]
        rows = self.value(first.iter)
        turns = _rows(rows)
        plain = len(node.generators) == 1 and not first.ifs
        if plain and turns is not None and len(turns) <= _MOST_TURNS and self._steps + 4 * len(turns) <= _STEPS:
            elements = []
            for row in turns:
                self._put(first.target, Value(row, marks=rows.marks))
                elements.append(self.value(node.elt))
            return self.collected(elements)
        self._bind(node.generators)
        element = self.value(node.elt)
        return Value(marks=element.marks, items=element)

    def _bind(self, generators: Sequence[ast.comprehension]) -> None:
        for generator in generators:
            self._put(generator.target, self._any_element(self.value(generator.iter)))
            for test in generator.ifs:
                self.value(test)

    def _of_dictcomp(self, node: ast.DictComp) -> Value:
        before, self.scope = self.scope, Scope(outer=self.scope)
        try:
            self._bind(node.generators)
            key, value = self.value(node.key), self.value(node.value)
        finally:
            self.scope = before
        return Value(marks=key.marks | value.marks, items=value)

    def _of_lambda(self, node: ast.Lambda) -> Value:
        return self._function(node)

    def _of_ifexp(self, node: ast.IfExp) -> Value:
        self.value(node.test)
        return either(self.value(node.body), self.value(node.orelse))

    def _of_boolop(self, node: ast.BoolOp) -> Value:
        return any_of([self.value(one) for one in node.values])

    def _of_namedexpr(self, node: ast.NamedExpr) -> Value:
        value = self.value(node.value)
        self._put(node.target, value)
        return value

    def _of_await(self, node: ast.Await | ast.Starred) -> Value:
        return self.value(node.value)

    _of_starred = _of_await

    def _of_yield(self, node: ast.Yield) -> Value:
        value = NOTHING if node.value is None else self.value(node.value)
        if self._current is not None:
            held = self._current.returns
            self._current.returns = either(held, Value(marks=value.marks, items=value))
        return NOTHING

    def _of_compare(self, node: ast.Compare) -> Value:
        for one in (node.left, *node.comparators):
            self.value(one)
        return NOTHING

    # Calls

    def _of_call(self, node: ast.Call) -> Value:
        receiver = self.value(node.func.value) if isinstance(node.func, ast.Attribute) else NOTHING
        if isinstance(node.func, ast.Attribute) and node.func.attr in _LOOKUPS and len(node.args) > 0 and _is_namespace(receiver):
            return self._looked_up(receiver, self.value(node.args[0]))
        is_method = isinstance(node.func, ast.Attribute)
        function = self.attribute(receiver, node.func.attr) if isinstance(node.func, ast.Attribute) else self.value(node.func)
        arguments = tuple(self._arguments(node.args))
        keywords = {keyword.arg or "**": self.value(keyword.value) for keyword in node.keywords}
        return self._call(node, function, receiver if is_method else NOTHING, arguments, keywords)

    def _arguments(self, nodes: Sequence[ast.expr]) -> Iterator[Value]:
        for node in nodes:
            value = self.value(node)
            rows = _rows(value) if isinstance(node, ast.Starred) else None
            if rows is not None and len(rows) <= _DEEPEST:
                yield from (Value(row, marks=value.marks) for row in rows)
            else:
                yield value

    def _call(
        self, node: ast.Call, function: Value, receiver: Value, arguments: tuple[Value, ...], keywords: dict[str, Value]
    ) -> Value:
        call = Call(node, function, receiver, arguments, keywords, self._at_import)
        self._remember(call)
        result = self.judge(self, call)
        for callee in function.callees:
            result = either(result, self._called(callee, call))
        for name in function.names:
            if name in self._classes:
                result = either(result, self._constructed(name, call))
        if not function.callees:
            self._handed_over(call)
        return result

    def _handed_over(self, call: Call) -> None:
        """Functions of this file that are given to another one, which calls them with what it is given beside them."""
        values = (*call.arguments, *call.keywords.values())
        for value in values:
            if not value.callees:
                continue
            others = [other for other in values if other is not value]
            beside = any_of([*others, *(other.items for other in others if other.items is not None)])
            if not beside.marks:
                continue
            for callee in value.callees:
                given = Value(names=beside.names, marks=beside.marks)
                most = len(callee.parameters)
                self._called(callee, Call(call.node, value, NOTHING, (given,) * most, {}, call.is_at_import))

    def _constructed(self, name: str, call: Call) -> Value:
        for callee in self._classes[name].find("__init__").callees:
            self._called(callee, call)
        return referring(f"{name}()", marks=())

    def _remember(self, call: Call) -> None:
        if self._current is None or len(self._current.pending) >= _MOST_PENDING:
            return
        values = (call.function, call.receiver, *call.arguments, *call.keywords.values())
        if any(mark.startswith("parameter:") for value in values for mark in value.marks):
            pending = Pending(call.node, call.function, call.receiver, call.arguments, tuple(call.keywords.items()))
            self._current.pending.append(pending)

    def _called(self, callee: Callee, call: Call) -> Value:
        """What a function of this file returns for these arguments; its calls that depend on them are judged now."""
        self._body(callee)
        binding = self._binding(callee, call)
        if not any(value != NOTHING for value in binding.values()):
            return _bound(callee.returns, binding)
        if self._is_worth_following_again(callee, binding):
            return self._followed_again(callee, binding)
        for pending in list(callee.pending):
            bound = Call(
                pending.node,
                _bound(pending.function, binding),
                _bound(pending.receiver, binding),
                tuple(_bound(value, binding) for value in pending.arguments),
                {name: _bound(value, binding) for name, value in pending.keywords},
                self._at_import,
            )
            self._remember(bound)
            self.judge(self, bound)
        return _bound(callee.returns, binding)

    def _is_worth_following_again(self, callee: Callee, binding: dict[str, Value]) -> bool:
        """Small functions are followed with their arguments, so that what they make of constants is known."""
        is_small = isinstance(callee.node, ast.Lambda) or len(callee.node.body) <= _SMALL
        known = any(value.is_known or value.callees or value.names & _FUNCTIONS_OF_CODE for value in binding.values())
        return is_small and known and self._depth < _DEEPEST_CALL and self._again < _AGAIN

    def _followed_again(self, callee: Callee, binding: dict[str, Value]) -> Value:
        scope = Scope(dict(binding), outer=callee.scope)
        if callee.owner is not None and callee.parameters[:1] and callee.parameters[0] not in binding:
            scope.names[callee.parameters[0]] = referring(f"{callee.owner.name}()")
        again = Callee(callee.node, callee.scope, callee.owner, is_followed=True)
        if self._current is not None:
            again.pending = self._current.pending
        before = self._steps
        self._depth += 1
        self._within(again, scope)
        self._depth -= 1
        self._again += self._steps - before
        return again.returns

    def _within(self, callee: Callee, scope: Scope) -> None:
        """Follow a body with these names."""
        before = (self.scope, self._current, self._loops)
        self.scope, self._current, self._loops = scope, callee, 0
        if isinstance(callee.node, ast.Lambda):
            callee.returns = self.value(callee.node.body)
        else:
            self.block(callee.node.body)
        self.scope, self._current, self._loops = before

    def _binding(self, callee: Callee, call: Call) -> dict[str, Value]:
        names = callee.parameters
        if callee.owner is not None and not _is_static(callee.node):
            names = names[1:]
        told = callee.node.args
        binding = dict.fromkeys([*names, *(one.arg for one in told.kwonlyargs)], NOTHING)
        binding.update(zip(names, call.arguments, strict=False))
        binding.update((name, value) for name, value in call.keywords.items() if name != "**")
        if told.vararg is not None:
            binding[told.vararg.arg] = self.collected(call.arguments[len(names) :])
        return binding

    def _body(self, callee: Callee) -> None:
        if callee.is_followed:
            return
        callee.is_followed = True
        told = callee.node.args
        scope = Scope(outer=callee.scope)
        everyone = [*told.posonlyargs, *told.args, *told.kwonlyargs, *(a for a in (told.vararg, told.kwarg) if a is not None)]
        for one in everyone:
            mark = f"parameter:{one.arg}"
            scope.names[one.arg] = referring(mark, marks={mark})
        if callee.owner is not None and callee.parameters[:1]:
            own = callee.parameters[0]
            scope.names[own] = referring(f"{callee.owner.name}()")
        self._within(callee, scope)

    # Files

    def path_key(self, node: ast.expr | None, value: Value) -> str | None:
        """What names a file: its constant path, or the code of the expression."""
        text = text_of(value)
        if text is not None:
            return text
        return ast.unparse(node) if isinstance(node, (ast.Name, ast.Attribute)) else None

    def wrote(self, key: str, content: Value) -> None:
        """Something was written to that file."""
        self.written[key] = self.written.get(key, frozenset()) | content.marks | {DROPPED}


def _is_static(node: ast.AST) -> bool:
    return any(isinstance(one, ast.Name) and one.id == "staticmethod" for one in getattr(node, "decorator_list", ()))


def _is_namespace(value: Value) -> bool:
    """Whether it is a dictionary of names, or the environment."""
    return any(name.endswith((".__dict__", ".__globals__")) or name in (*_NAMESPACES, *_ENVIRON) for name in value.names)


def _rows(value: Value) -> list[object] | None:
    """Elements of a constant; None if it is none."""
    constant = value.constant
    if isinstance(constant, (str, bytes, list, tuple, dict)) and len(constant) <= folding.MOST:
        return list(constant)
    return None


def _bound(value: Value, binding: dict[str, Value]) -> Value:
    """The value with arguments instead of parameters."""
    parameters = [mark for mark in value.marks if mark.startswith("parameter:") and mark.removeprefix("parameter:") in binding]
    if not parameters:
        return value
    actual = [binding[mark.removeprefix("parameter:")] for mark in parameters]
    marks = (value.marks - set(parameters)).union(*(one.marks for one in actual))
    if value.names & set(parameters):
        one = any_of(actual)
        return Value(one.constant, one.names, marks, one.items, one.callees)
    names = {name.replace(mark, target) for name in value.names for mark in parameters for one in actual for target in one.names}
    return Value(value.constant, frozenset(name for name in names if "parameter:" not in name), marks, value.items, value.callees)
