"""Finds code that writes to a table: by its syntax tree, from the model that a chain begins with.

`Score.objects.filter(...).update(...)` begins with its model. A variable or an argument is followed
to the model that it was made from or annotated with, and a function to the one that it gives.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

_PLAIN = {
    "bulk_create",
    "bulk_update",
    "create",
    "delete",
    "get_or_create",
    "save",
    "update",
    "update_or_create",
}
WRITES = {*_PLAIN, *(f"a{name}" for name in _PLAIN), "create_user", "create_superuser"}


def writes(source: str, models: set[str]) -> set[str]:
    """The models that `source` creates, changes or deletes rows of."""
    tree = ast.parse(source)
    functions = [node for node in ast.walk(tree) if isinstance(node, _FUNCTION)]
    given = {f.name: _named(f.returns, models) for f in functions}
    return {model for scope in (tree, *functions) for model in _written(scope, models, given)}


_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


def _written(scope: ast.AST, models: set[str], given: Mapping[str, set[str]]) -> Iterator[str]:
    names = {**given, **{model: {model} for model in models}}
    for node in ast.walk(scope):
        if isinstance(node, ast.arg):
            names[node.arg] = _named(node.annotation, models)
        elif isinstance(node, ast.Assign):
            made_from = _beginning(node.value, names)
            names.update({t.id: made_from for t in node.targets if isinstance(t, ast.Name)})
    for node in ast.walk(scope):
        match node:
            case ast.Call(func=ast.Attribute(value=chain, attr=attr)) if attr in WRITES:
                yield from _beginning(chain, names)


def _beginning(node: ast.expr, names: Mapping[str, set[str]]) -> set[str]:
    """The models at the beginning of a chain of attributes and calls."""
    while True:
        match node:
            case ast.Attribute(attr=attr) if attr in names and attr[0].isupper():
                return names[attr]  # `models.Score`
            case ast.Attribute(value=inner) | ast.Subscript(value=inner) | ast.Await(value=inner):
                node = inner
            case ast.Call(func=inner):
                node = inner
            case ast.Name(id=name):
                return names.get(name, set())
            case _:
                return set()


def _named(annotation: ast.expr | None, models: set[str]) -> set[str]:
    """The models that an annotation names: `Score | None`, `QuerySet[Score]`."""
    if annotation is None:
        return set()
    return {node.id for node in ast.walk(annotation) if isinstance(node, ast.Name)} & models
