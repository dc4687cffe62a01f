"""README's blocks that come from the components' own docstrings, read from their source without running it."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

from tools._readme_tables import table

COMPONENTS = (
    *("StorageLake", "IngestPipeline", "UsageBilling", "CustomerApi"),
    *("LambdaFunction", "MeteredApi", "Operations"),
)
"""The public components, in the order in which the program wires them."""


def renderer(component: str) -> Callable[[Path], str]:
    """Return what renders a component's block: its docstring, its args, its outputs."""
    return lambda root: _component(component, _classes(root / "components"))


def _component(name: str, classes: dict[str, ast.ClassDef]) -> str:
    """Describe a component.

    Raises:
        ValueError: the component, a docstring of it or the description of one of its args or outputs is missing.
    """
    component, args = _class(name, classes), _class(f"{name}Args", classes)
    parts = [_docstring(component), "<details><summary>Args and outputs</summary>"]
    parts += ["Args:", _args_table(args)]
    for other in _mentioned(args, classes):
        parts += [f"`{other.name}`: {_docstring(other)}", _args_table(other)]
    outputs = [[f"`{attribute}`", text] for attribute, _, text in _described(component)]
    parts += ["Outputs:", table(["output", "meaning"], outputs), "</details>"]
    return "\n\n".join(parts)


def _args_table(args: ast.ClassDef) -> str:
    rows = []
    for name, annotation, text in _described(args):
        match annotation:
            case ast.Subscript(value=ast.Name(id="NotRequired"), slice=inner):
                required = ""
            case inner:
                required = "yes"
        rows.append([f"`{name}`", f"`{ast.unparse(inner).replace('pulumi.', '')}`", required, text])
    return table(["arg", "type", "required", "meaning"], rows)


def _classes(folder: Path) -> dict[str, ast.ClassDef]:
    trees = [ast.parse(path.read_text(encoding="utf-8"), str(path)) for path in sorted(folder.rglob("*.py"))]
    return {node.name: node for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)}


def _class(name: str, classes: dict[str, ast.ClassDef]) -> ast.ClassDef:
    if name not in classes:
        raise ValueError(f"components: no class {name}")
    return classes[name]


def _docstring(node: ast.ClassDef) -> str:
    text = ast.get_docstring(node)
    if not text:
        raise ValueError(f"components: class {node.name} has no docstring")
    return text


def _described(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr, str]]:
    """Yield the public attributes of a class: name, annotation, and the string that stands under it."""
    for statement, below in zip(node.body, [*node.body[1:], ast.Pass()], strict=True):
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        name = statement.target.id
        if name.startswith("_"):
            continue
        match below:
            case ast.Expr(value=ast.Constant(value=str(text))):
                yield name, statement.annotation, text
            case _:
                raise ValueError(f"components: {node.name}.{name} has no description under it")


def _mentioned(args: ast.ClassDef, classes: dict[str, ast.ClassDef]) -> Iterator[ast.ClassDef]:
    """Yield the classes that describe parts of the args, each once, in the order of their mention."""
    names = [
        node.id
        for _, annotation, _ in _described(args)
        for node in ast.walk(annotation)
        if isinstance(node, ast.Name) and node.id in classes
    ]
    for name in dict.fromkeys(names):
        yield classes[name]
        yield from _mentioned(classes[name], classes)
