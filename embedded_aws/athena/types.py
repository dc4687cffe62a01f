"""The types of expressions in a query, from DuckDB itself.

What an operator means depends on its operands' types: integers divide truncating, decimals exactly. sqlglot's own
inference knows neither decimals' scales nor our macros; DuckDB knows all, and a DESCRIBE reads nothing.
"""

import itertools
from collections.abc import Sequence
from typing import Any

import duckdb
from sqlglot import exp

from embedded_aws.athena.errors import QueryError

_FAMILIES = {
    **dict.fromkeys(
        ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UBIGINT", "UINTEGER", '"NULL"'), "integer"
    ),
    **dict.fromkeys(("DOUBLE", "FLOAT"), "double"),
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "instant",
    "VARCHAR": "text",
}


def family(kind: str) -> str:
    """Give the family of a DuckDB type; its own name in lower case for one that no operator asks for."""
    return "decimal" if kind.startswith("DECIMAL") else _FAMILIES.get(kind, kind.lower())


def scale(kind: str) -> int:
    """Give the digits behind the point of a DECIMAL(p,s); 0 for any other type."""
    return int(kind.rstrip(")").rpartition(",")[2]) if kind.startswith("DECIMAL") else 0


def describe(connection: duckdb.DuckDBPyConnection, nodes: Sequence[exp.Expr]) -> list[str]:
    """Give the DuckDB types of expressions that all belong to one SELECT, or to none.

    Raises:
        QueryError: the types cannot be told, as in a correlated subquery.
    """
    types: dict[int, str] = {}
    for aggregated in (False, True):
        wanted = [node for node in nodes if (node.find(exp.AggFunc) is not None) == aggregated]
        if wanted:
            sql = _probe(wanted, grouped=aggregated).sql(dialect="duckdb", copy=False)
            try:
                rows = connection.execute(f"DESCRIBE {sql}").fetchall()
            except duckdb.BinderException as error:
                shown = ", ".join(node.sql("trino") for node in wanted)
                raise QueryError(
                    "NOT_SUPPORTED", f"the embedded AWS cannot tell the types of {shown}: {error}"
                ) from error
            types.update({id(node): row[1] for node, row in zip(wanted, rows, strict=True)})
    return [types[id(node)] for node in nodes]


def in_source(node: exp.Expr) -> bool:
    """Tell whether an expression makes the rows of its SELECT, as one in VALUES does, and so cannot use them."""
    while node.parent is not None and not isinstance(node.parent, exp.Select):
        if isinstance(node.parent, exp.From | exp.Join):
            return node.arg_key != "on"
        node = node.parent
    return False


def _probe(nodes: list[exp.Expr], *, grouped: bool) -> exp.Select:
    """Make a SELECT of the expressions from the same rows as in their query; which rows, it does not matter."""
    outputs = [
        exp.Alias(this=node.copy(), alias=exp.to_identifier(f"probe_{index}")) for index, node in enumerate(nodes)
    ]
    probe = exp.Select(expressions=outputs)
    select = nodes[0].parent_select
    if select is None or in_source(nodes[0]):
        return probe
    for key in ("from_", "laterals", "group") if grouped else ("from_", "laterals"):
        part: Any = select.args.get(key)
        if part:
            probe.set(key, part.copy() if isinstance(part, exp.Expr) else [item.copy() for item in part])
    joined = [exp.Join(this=join.this.copy(), kind="CROSS") for join in select.args.get("joins") or []]
    probe.set("joins", joined)
    visible = _visible_ctes(select)
    if visible:
        probe.set("with_", exp.With(expressions=[cte.copy() for cte in visible]))
    return probe


def _visible_ctes(select: exp.Expr) -> list[exp.CTE]:
    """List the WITH queries that a SELECT can name: those of the queries around it, up to the one it is part of."""
    visible: list[exp.CTE] = []
    inside: set[int] = set()
    node: exp.Expr | None = select
    while node is not None:
        inside.add(id(node))
        ctes = node.ctes if isinstance(node, exp.Query) else []
        own = list(itertools.takewhile(lambda cte: id(cte) not in inside, ctes))
        visible = own + visible
        node = node.parent
    return visible
