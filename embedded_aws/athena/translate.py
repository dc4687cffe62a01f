"""From a resolved tree of Athena's SQL to the SQL of DuckDB that means the same."""

import functools
from collections.abc import Callable, Iterator

import duckdb
from sqlglot import exp
from sqlglot.optimizer.scope import traverse_scope

from embedded_aws.athena import formats, json_paths, zones
from embedded_aws.athena.errors import QueryError
from embedded_aws.athena.functions import OVERLOADED, PUBLIC
from embedded_aws.athena.types import describe, family, in_source, scale

_INTEGER_NAMES = {
    exp.DType.TINYINT: "tinyint",
    exp.DType.SMALLINT: "smallint",
    exp.DType.INT: "integer",
    exp.DType.BIGINT: "bigint",
}
_CASTS = {*_INTEGER_NAMES, exp.DType.DECIMAL, exp.DType.VARCHAR}
"""Types for which it matters what is cast."""
_OUTER = (exp.Window, exp.Filter)
"""What belongs to an aggregate and stands around it."""


def to_duckdb(tree: exp.Expr, connection: duckdb.DuckDBPyConnection) -> str:
    """Write a query, or a constant of one, for DuckDB with the macros of `functions.py`; changes the tree.

    Args:
        tree: names resolved, tables replaced by what is registered in the connection.
        connection: tells types.

    Raises:
        QueryError: something in it has no translation.
    """
    zones.rewrite(tree)
    root = exp.Paren(this=tree)  # so that every node has a parent to be replaced in
    for node in reversed(list(root.dfs())):
        rewrite = _SIMPLE.get(type(node))
        if rewrite:
            _replace(node, rewrite)
    for nodes in _in_order(root):
        _rewrite_by_type(nodes, connection)
    return str(root.this.sql(dialect="duckdb", copy=False))


def _in_order(root: exp.Paren) -> Iterator[list[exp.Expr]]:
    """Give the nodes whose rewriting depends on types, SELECT by SELECT, those first that others read from."""
    queries = traverse_scope(root.this) if isinstance(root.this, exp.Query) else []
    selects: list[exp.Expr | None] = [scope.expression for scope in queries if isinstance(scope.expression, exp.Select)]
    of_select: dict[int, list[exp.Expr]] = {}
    for node in root.find_all(*_BY_TYPE):
        of_select.setdefault(id(node.parent_select), []).append(node)
    for select in [*selects, None]:
        yield [node for node in of_select.get(id(select), []) if _operands(node)]


def _rewrite_by_type(pending: list[exp.Expr], connection: duckdb.DuckDBPyConnection) -> None:
    """Rewrite nodes of one SELECT, the innermost first: an outer one's types depend on them."""
    while pending:
        held = {id(ancestor) for node in pending for ancestor in _ancestors(node)}
        ready = [node for node in pending if id(node) not in held]
        operands = [operand for node in ready for operand in _operands(node)]
        of_rows = [operand for operand in operands if not in_source(operand)]
        of_source = [operand for operand in operands if in_source(operand)]
        found = {
            id(operand): kind
            for group in (of_rows, of_source)
            for operand, kind in zip(group, describe(connection, group), strict=True)
        }
        for node in ready:
            types = [found[id(operand)] for operand in _operands(node)]
            _replace(node, functools.partial(_BY_TYPE[type(node)], types=types))
        done = {id(node) for node in ready}
        pending = [node for node in pending if id(node) not in done]


def _ancestors(node: exp.Expr) -> Iterator[exp.Expr]:
    parent = node.parent
    while parent is not None:
        yield parent
        parent = parent.parent


def _replace(node: exp.Expr, rewrite: Callable[[exp.Expr], exp.Expr]) -> None:
    """Put a node's rewriting, which may contain the node, in its place."""
    parent, key, index = node.parent, node.arg_key, node.index
    made = rewrite(node)
    if made is not node and parent is not None and key is not None:
        parent.set(key, made, index)


def _call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=list(arguments))


# What depends on no type


def _function(node: exp.Expr) -> exp.Expr:
    name = node.name.lower()
    if name in {"format_datetime", "parse_datetime"}:
        return formats.joda(name, node.expressions)
    if name == "json_extract_scalar":
        return json_paths.scalar(node.expressions)
    if name == "every":
        return _call("bool_and", *node.expressions)
    return _call(f"trino_{name}", *node.expressions) if name in PUBLIC else node


def _percentile(node: exp.Expr) -> exp.Expr:
    """Write approx_percentile exactly: unlike DuckDB's own, it keeps the type, as Trino's does."""
    return _call("quantile_disc", node.this, node.args["quantile"])


_SIMPLE: dict[type[exp.Expr], Callable[[exp.Expr], exp.Expr]] = {
    exp.Anonymous: _function,
    exp.ApproxQuantile: _percentile,
}

# What depends on types


def _divide(node: exp.Expr, types: list[str]) -> exp.Expr:
    families = {family(kind) for kind in types}
    if families == {"integer"}:
        return _call("operator_quotient", node.this, node.expression)
    if families <= {"integer", "decimal"}:
        scales = scale(types[0]), scale(types[1])
        return _exact_quotient((node.this, scales[0]), (node.expression, scales[1]), max(scales))
    return _call("operator_ratio", node.this, node.expression)


def _exact_quotient(dividend: tuple[exp.Expr, int], divisor: tuple[exp.Expr, int], target: int) -> exp.Expr:
    """Divide two exact numbers, each given with its scale, to a decimal of the target scale, rounded half up."""
    (above, above_scale), (below, below_scale) = dividend, divisor
    # quotient * 10^target = above * 10^above_scale * 10^(target - above_scale + below_scale) / (below * 10^below_scale)
    power = exp.cast(exp.Literal.number(10 ** (target - above_scale + below_scale)), "HUGEINT")
    numerator = exp.Mul(this=_call("operator_unscaled", above), expression=power)
    quotient = _call("operator_half_up", numerator, _call("operator_unscaled", below))
    text = _call("operator_with_point", quotient, exp.Literal.number(target))
    return exp.cast(text, f"DECIMAL(38, {target})")


def _aggregate(node: exp.Expr) -> exp.Expr:
    """Give an aggregate with the FILTER and OVER around it."""
    while isinstance(node.parent, _OUTER) and node.arg_key == "this":
        node = node.parent
    return node


def _sum(node: exp.Expr, types: list[str]) -> exp.Expr:
    return _around(node, lambda whole: _call("operator_bigint_sum", whole)) if family(types[0]) == "integer" else node


def _average(node: exp.Expr, types: list[str]) -> exp.Expr:
    if family(types[0]) != "decimal":
        return node

    def quotient(whole: exp.Expr) -> exp.Expr:
        parts = []
        for kind in (exp.Sum, exp.Count):
            part = exp.Paren(this=whole.copy())
            for average in list(part.find_all(exp.Avg))[:1]:
                average.replace(kind(this=average.this.copy()))
            parts.append(part.this)
        return _exact_quotient((parts[0], scale(types[0])), (parts[1], 0), scale(types[0]))

    return _around(node, quotient)


def _around(node: exp.Expr, rewrite: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
    """Put a rewriting around an aggregate together with its FILTER and OVER."""
    whole = _aggregate(node)
    if whole is node:
        return rewrite(node)
    _replace(whole, rewrite)
    return node


def _cast(node: exp.Expr, types: list[str]) -> exp.Expr:
    to: exp.DataType = node.args["to"]
    given = family(types[0])
    if to.this in _INTEGER_NAMES:
        attempt = "try_" if isinstance(node, exp.TryCast) else ""
        name = f"operator_{attempt}{given}_to_{_INTEGER_NAMES[to.this]}"
        return _call(name, node.this) if given in {"text", "double"} else node
    if to.this == exp.DType.DECIMAL:
        if given == "text":
            name = f"operator_{'try_' if isinstance(node, exp.TryCast) else ''}text_to_decimal"
            node.set("this", _call(name, node.this, exp.Literal.string(to.sql("trino"))))
        return node
    if given == "double":
        raise QueryError("NOT_SUPPORTED", "the embedded AWS does not write double as varchar")
    text: exp.Expr = node
    if given in {"instant", "timestamp"}:
        text = _call(f"operator_{given}_to_varchar", node.this)
    return _call("left", text, exp.Literal.number(to.expressions[0].name)) if to.expressions else text


def _shift(node: exp.Expr, types: list[str]) -> exp.Expr:
    if family(types[0]) != "date":
        return node
    moment, interval = _moment_and_interval(node)
    return _call("operator_date_plus" if isinstance(node, exp.Add) else "operator_date_minus", moment, interval)


def _moment_and_interval(node: exp.Expr) -> tuple[exp.Expr, exp.Expr]:
    swapped = isinstance(node.this, exp.Interval)
    return (node.expression, node.this) if swapped else (node.this, node.expression)


def _overload(node: exp.Expr, types: list[str]) -> exp.Expr:
    name = node.name.lower()
    _, bodies = OVERLOADED[name]
    chosen = family(types[0]) if family(types[0]) in bodies else ""
    if chosen not in bodies:
        raise QueryError("FUNCTION_NOT_FOUND", f"Unexpected parameters ({types[0].lower()}, ...) for function {name}")
    return _call(f"trino_{name}_{chosen}", *node.expressions)


_BY_TYPE: dict[type[exp.Expr], Callable[..., exp.Expr]] = {
    exp.Div: _divide,
    exp.Sum: _sum,
    exp.Avg: _average,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Add: _shift,
    exp.Sub: _shift,
    exp.Anonymous: _overload,
}


def _operands(node: exp.Expr) -> list[exp.Expr]:
    """Give the operands whose types decide how a node is written; none if it is written as it is."""
    match node:
        case exp.Div():
            return [node.this, node.expression]
        case exp.Sum() | exp.Avg():
            return list(node.this.expressions[:1]) if isinstance(node.this, exp.Distinct) else [node.this]
        case exp.Cast() if node.to.this in _CASTS:
            return [node.this]
        case exp.Add() | exp.Sub() if node.find(exp.Interval) in (node.this, node.expression):
            return [_moment_and_interval(node)[0]]
        case exp.Anonymous() if node.name.lower() in OVERLOADED:
            return [node.expressions[OVERLOADED[node.name.lower()][0]]]
        case _:
            return []
