"""What a module's code is, as a hash that changes with the code and not with its comments."""

from __future__ import annotations

import ast
import hashlib
import inspect
from types import ModuleType

_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def code_sha256(module: ModuleType | str) -> str:
    """SHA-256 of a module's code, or of a text, as Python reads it: without comments, docstrings and layout.

    A bundle holds it (M1): a new word in a comment must not make models of a year useless, a new number must.
    """
    text = module if isinstance(module, str) else inspect.getsource(module)
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, _DOCUMENTED):
            said = [one for one in node.body if not _is_text(one)]
            node.body = said or [ast.Pass()]
    return hashlib.sha256(ast.unparse(tree).encode()).hexdigest()


def _is_text(node: ast.stmt) -> bool:
    """A text that stands alone: a docstring, of a value too."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
