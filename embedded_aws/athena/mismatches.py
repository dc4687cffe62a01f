"""Operands that Trino refuses for their types, and DuckDB converts: text with numbers, numbers as conditions.

What is compared is families of types (text, number, time, boolean); an operand whose type is not known is let pass.
"""

from collections.abc import Iterator, Sequence

from sqlglot import exp

from embedded_aws.athena.errors import QueryError

_FAMILIES = {
    "text": exp.DataType.TEXT_TYPES,
    "number": exp.DataType.NUMERIC_TYPES,
    "time": {exp.DataType.Type.DATE, exp.DataType.Type.TIMESTAMP, exp.DataType.Type.TIMESTAMPTZ},
    "boolean": {exp.DataType.Type.BOOLEAN},
}
_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In)
_SIGNS = {"eq": "=", "neq": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def check(tree: exp.Expr, grammar: type) -> None:
    """Check a tree whose nodes know their types.

    Args:
        tree: names resolved, types annotated.
        grammar: the dialect in which errors show an expression.

    Raises:
        QueryError: TYPE_MISMATCH, in Trino's words.
    """
    for node in tree.walk():
        if isinstance(node, _COMPARISONS):
            _check_comparison(node, grammar)
        elif isinstance(node, exp.DPipe):
            _check_texts(node, grammar)
        elif isinstance(node, exp.SetOperation):
            _check_columns(node)
        elif isinstance(node, exp.Case | exp.If | exp.Coalesce):
            _check_results(node)
        elif isinstance(node, exp.Where | exp.Having):
            _check_condition(node)


def _check_comparison(comparison: exp.Expr, grammar: type) -> None:
    known = _known(list(_operands(comparison)))
    if len({family for family, _ in known}) > 1:
        types = [_type(operand) for _, operand in known]
        operator = _SIGNS.get(comparison.key, comparison.key)
        raise QueryError(
            "TYPE_MISMATCH", f"Cannot apply operator: {types[0]} {operator} {types[1]} in {comparison.sql(grammar)}"
        )


def _check_texts(concatenation: exp.Expr, grammar: type) -> None:
    for operand in (concatenation.this, concatenation.expression):
        if _family(operand) not in {None, "text"}:
            message = f"Unexpected parameters for function concat: {operand.sql(grammar)} is {_type(operand)}"
            raise QueryError("TYPE_MISMATCH", message)


def _check_columns(operation: exp.SetOperation) -> None:
    pairs = zip(operation.left.selects, operation.right.selects, strict=False)
    for number, pair in enumerate(pairs, start=1):
        found = _known([side.unalias() for side in pair])
        if len({family for family, _ in found}) > 1:
            first, second = (_type(side) for _, side in found)
            message = f"column {number} in {operation.key.upper()} query has incompatible types: {first}, {second}"
            raise QueryError("TYPE_MISMATCH", message)


def _check_results(node: exp.Expr) -> None:
    if isinstance(node, exp.Case):
        name = "CASE"
        results = [branch.args["true"] for branch in node.args["ifs"]] + [node.args.get("default")]
    elif isinstance(node, exp.If):
        if isinstance(node.parent, exp.Case):
            return  # one of its branches
        name, results = "IF", [node.args["true"], node.args.get("false")]
    else:
        name, results = "COALESCE", [node.this, *node.expressions]
    found = _known([result for result in results if result is not None])
    other = next((one for one in found if one[0] != found[0][0]), None)
    if other is not None:
        message = f"All {name} results must be the same type or coercible to a common type. Cannot find common type "
        raise QueryError("TYPE_MISMATCH", f"{message}between {_type(found[0][1])} and {_type(other[1])}")


def _check_condition(clause: exp.Expr) -> None:
    if _family(clause.this) not in {None, "boolean"}:
        message = f"{clause.key.upper()} clause must evaluate to a boolean: actual type {_type(clause.this)}"
        raise QueryError("TYPE_MISMATCH", message)


def _operands(comparison: exp.Expr) -> Iterator[exp.Expr]:
    yield comparison.this
    if isinstance(comparison, exp.Between):
        yield from (comparison.args["low"], comparison.args["high"])
    elif isinstance(comparison, exp.In):
        yield from comparison.expressions
    else:
        yield comparison.expression


def _known(operands: Sequence[exp.Expr]) -> list[tuple[str, exp.Expr]]:
    return [(family, operand) for operand in operands if (family := _family(operand))]


def _family(operand: exp.Expr) -> str | None:
    kind = operand.type.this if operand.type else None
    return next((family for family, kinds in _FAMILIES.items() if kind in kinds), None)


def _type(operand: exp.Expr) -> str:
    return operand.type.sql("trino").lower() if operand.type else "unknown"
