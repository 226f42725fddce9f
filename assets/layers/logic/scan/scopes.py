"""Where names of Python code live while it is followed: scopes, functions and classes of the file."""

import ast
from dataclasses import dataclass, field

from assets.layers.logic.scan.values import NOTHING, Value, either

Callable = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(slots=True, eq=False)
class Scope:
    """Names and what they may be.

    Attributes:
        names: Of this scope.
        outer: The scope around it; None of a module.
        is_class: Whether it is the body of a class, whose names functions within do not see.
        elsewhere: Names that it takes from outside (`global`, `nonlocal`).
        unsure: How many branches or loops the code is in: what is assigned there may not have been.
    """

    names: dict[str, Value] = field(default_factory=dict)
    outer: "Scope | None" = None
    is_class: bool = False
    elsewhere: set[str] = field(default_factory=set)
    unsure: int = 0

    def find(self, name: str) -> Value | None:
        """What the name may be; None if it is nowhere."""
        if name in self.names and name not in self.elsewhere:
            return self.names[name]
        around = self.outer
        while around is not None:
            if name in around.names and not around.is_class:
                return around.names[name]
            around = around.outer
        return None

    def put(self, name: str, value: Value) -> None:
        """The name may be this from now on."""
        scope = self
        if name in self.elsewhere:
            while scope.outer is not None:
                scope = scope.outer
        if self.unsure and name in scope.names:
            value = either(scope.names[name], value)
        scope.names[name] = value


@dataclass(slots=True, eq=False)
class Class:
    """A class of the file: its attributes and methods, of instances too."""

    name: str
    attributes: Scope

    def find(self, name: str) -> Value:
        """What the attribute may be."""
        return self.attributes.names.get(name, NOTHING)


@dataclass(frozen=True, slots=True)
class Pending:
    """A call within a function that depends on its parameters: it is judged again where the function is called."""

    node: ast.Call
    function: Value
    receiver: Value
    arguments: tuple[Value, ...]
    keywords: tuple[tuple[str, Value], ...]


@dataclass(slots=True, eq=False)
class Callee:
    """A function of the file.

    Attributes:
        node: Its definition.
        scope: Around it.
        owner: Its class; None if it is no method.
        returns: What it may return; parameters are marked in it.
        pending: Calls in it that depend on its parameters.
        is_followed: Whether its body was followed, or is being.
    """

    node: Callable
    scope: Scope
    owner: Class | None = None
    returns: Value = NOTHING
    pending: list[Pending] = field(default_factory=list)
    is_followed: bool = False

    @property
    def parameters(self) -> list[str]:
        """Their names, in their order."""
        told = self.node.args
        return [one.arg for one in (*told.posonlyargs, *told.args)]
