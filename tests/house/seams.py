"""What of a process's world a file touches: its time, identity, chance and threads, and the order of a set."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tests.house.source import Source

MODULES = frozenset(
    "_thread concurrent multiprocessing queue random secrets signal socket subprocess threading time uuid "
    "uvloop".split()
)
FUNCTIONS = frozenset(
    {
        *(f"os.{name}" for name in ("fork", "getpid", "getppid", "getrandom", "times", "uname", "urandom")),
        *(f"{owner}.{name}" for owner in ("datetime", "date") for name in ("now", "utcnow", "today")),
        "platform.node",
        "socket.gethostname",
    }
)
BUILTINS = frozenset({"hash", "id"})
"""Both differ from one process to the next."""
METHODS = frozenset({"add_signal_handler", "run_in_executor", "set_default_executor", "to_thread"})
"""By their last name, because the loop that has them goes by many."""
UNSEEDED = "a Random without a seed"

SET_ORDER = "the order of a set"
ORDER_FREE = frozenset({"all", "any", "frozenset", "len", "set", "sorted", "sum"})
"""What gives the same for every order of what it is given."""
ITERATING = frozenset(
    {"enumerate", "filter", "iter", "list", "map", "max", "min", "reversed", "tuple", "zip"}
)
SET_METHODS = frozenset({"difference", "intersection", "symmetric_difference", "union"})
SET_TYPES = frozenset({"AbstractSet", "FrozenSet", "MutableSet", "Set", "frozenset", "set"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """Files, as a pattern below the package, what they may touch, and why."""

    files: str
    touches: frozenset[str]
    why: str


def findings(source: Source, fields: frozenset[str] = frozenset()) -> Iterator[tuple[int, str]]:
    """(line, what is touched). `fields` are the names of attributes that hold sets."""
    known = dict(_imports(source.tree))
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((node.lineno, name) for name in _banned_imports(node))
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
            name = _touched(_full_name(node, known))
            if name is not None:
                yield node.lineno, name
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name in METHODS:
            yield node.lineno, node.name
        elif isinstance(node, ast.Call) and _full_name(node.func, known) == "random.Random" and not node.args:
            yield node.lineno, UNSEEDED
    for scope in _scopes(source.tree):
        names = _set_names(scope)
        for iterated in _iterated(scope):
            if _is_set(iterated, names, fields):
                yield iterated.lineno, SET_ORDER


def set_fields(files: Iterable[Source]) -> frozenset[str]:
    """Attributes that are annotated as sets wherever a class annotates them at all."""
    kinds: dict[str, list[bool]] = {}
    for source in files:
        for owner in (node for node in ast.walk(source.tree) if isinstance(node, ast.ClassDef)):
            for node in ast.walk(owner):
                if isinstance(node, ast.AnnAssign):
                    name = ast.unparse(node.target).removeprefix("self.")
                    kinds.setdefault(name, []).append(_is_set_type(node.annotation))
    return frozenset(name for name, found in kinds.items() if all(found))


def breaches(files: Iterable[Source], adapters: Iterable[Adapter], prefix: str) -> Iterator[str]:
    """What no row allows, and the rows that allow what nothing does."""
    files, adapters = list(files), list(adapters)
    fields = set_fields(files)
    unused = {(adapter.files, name) for adapter in adapters for name in adapter.touches}
    for source in files:
        below = source.name.removeprefix(prefix)
        rows = [adapter for adapter in adapters if fnmatchcase(below, adapter.files)]
        for line, name in findings(source, fields):
            allowing = [row for row in rows if name in row.touches]
            unused -= {(row.files, name) for row in allowing}
            if not allowing:
                yield f"{source.name}:{line}: {name}"
    for pattern, name in sorted(unused):
        yield f"{pattern}: {name} is allowed and not touched"


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.asname, alias.name) for alias in node.names if alias.asname)
        elif isinstance(node, ast.ImportFrom):
            yield from ((alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names)


def _banned_imports(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name.partition(".")[0] in MODULES)
    elif node.level == 0 and str(node.module).partition(".")[0] in MODULES:
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _full_name(node: ast.expr, known: Mapping[str, str]) -> str:
    if not isinstance(node, ast.Name | ast.Attribute):
        return ""
    first, dot, rest = ast.unparse(node).partition(".")
    return f"{known.get(first, first)}{dot}{rest}"


def _touched(name: str) -> str | None:
    """What of the world a name is, by the shortest name that says it; None where it is nothing of the kind."""
    ending = name.rpartition(".")[2]
    if name in BUILTINS:
        return name
    if ending in METHODS:
        return ending
    return next((function for function in sorted(FUNCTIONS) if f".{name}".endswith(f".{function}")), None)


def _scopes(tree: ast.Module) -> Iterator[ast.Module | ast.FunctionDef | ast.AsyncFunctionDef]:
    yield tree
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _within(scope: ast.AST) -> Iterator[ast.AST]:
    """Nodes of a scope that belong to no function inside it."""
    for node in ast.iter_child_nodes(scope):
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _within(node)


def _set_names(scope: ast.AST) -> frozenset[str]:
    """Local names that hold a set: by annotation, or by what is assigned to them."""
    names: set[str] = set()
    for node in _within(scope):
        match node:
            case ast.arguments():
                given = [*node.posonlyargs, *node.args, *node.kwonlyargs]
                names |= {one.arg for one in given if one.annotation and _is_set_type(one.annotation)}
            case ast.AnnAssign(target=ast.Name(id=name)) if _is_set_type(node.annotation):
                names.add(name)
            case ast.Assign(targets=[ast.Name(id=name)]) if _is_set(
                node.value, frozenset(names), frozenset()
            ):
                names.add(name)
            case _:
                pass
    return frozenset(names)


def _iterated(scope: ast.AST) -> Iterator[ast.expr]:
    """What a scope goes through one by one, where the order can be seen."""
    nodes = list(_within(scope))
    harmless = {
        argument
        for node in nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ORDER_FREE
        for argument in node.args
    }
    for node in nodes:
        match node:
            case ast.For() | ast.AsyncFor():
                yield node.iter
            case ast.ListComp() | ast.DictComp() | ast.GeneratorExp() if node not in harmless:
                yield from (part.iter for part in node.generators)
            case ast.Call(func=ast.Name(id=name)) if name in ITERATING and node not in harmless:
                yield from node.args
            case ast.Call(func=ast.Attribute(attr="join" | "extend" | "fromkeys")):
                yield from node.args
            case ast.Starred():
                yield node.value
            case _:
                pass


def _is_set(node: ast.expr, names: frozenset[str], fields: frozenset[str]) -> bool:
    match node:
        case ast.Set() | ast.SetComp():
            return True
        case ast.Name(id=name):
            return name in names
        case ast.Attribute(attr=name):
            return name in fields
        case ast.Call(func=ast.Name(id="set" | "frozenset")):
            return True
        case ast.Call(func=ast.Attribute(attr=name)):
            return name in SET_METHODS
        case ast.BinOp(op=ast.BitAnd() | ast.BitOr() | ast.Sub() | ast.BitXor()):
            return _is_set(node.left, names, fields) or _is_set(node.right, names, fields)
        case ast.IfExp():
            return _is_set(node.body, names, fields) or _is_set(node.orelse, names, fields)
        case _:
            return False


def _is_set_type(annotation: ast.expr) -> bool:
    """`set[X]`, and `set[X] | None`; not a list or mapping of sets."""
    match annotation:
        case ast.Subscript(value=value):
            return _is_set_type(value)
        case ast.BinOp(op=ast.BitOr()):
            return _is_set_type(annotation.left) or _is_set_type(annotation.right)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in SET_TYPES
        case _:
            return False
