"""Timestamps in another zone than UTC: `at_timezone(t, 'Asia/Seoul')` and `t AT TIME ZONE 'Asia/Seoul'`.

A Trino value carries its zone, and its day, hour and text are those of that zone. DuckDB's TIMESTAMPTZ is an instant
without one. So a zoned expression becomes wall-clock time where its day, hour or text is asked for, and an instant
everywhere else; where the zone would have to travel on through a subquery's column, the query fails instead of meaning
something else.
"""

from sqlglot import exp

from embedded_aws.athena.errors import QueryError

ZONE = "zone"
"""Key in the `meta` of a query's output: the zone in which its text is written."""

_READERS = frozenset(
    """
    format_datetime to_iso8601 year quarter month week week_of_year day day_of_month day_of_week dow day_of_year doy
    year_of_week yow hour minute second millisecond last_day_of_month
    """.split()  # noqa: SIM905 - a list of names reads better so
)
_READING_NODES = (exp.Date, exp.TimeToStr, exp.Extract)
_WALL_CLOCK_TYPES = (exp.DataType.Type.DATE, exp.DataType.Type.TIMESTAMP)


def rewrite(tree: exp.Expr) -> None:
    """Write every zoned expression of a tree as wall-clock time or as an instant, in place.

    Raises:
        QueryError: a zone is no literal, or a zoned value is a column of a subquery.
    """
    for node in list(tree.find_all(exp.AtTimeZone, exp.Anonymous)):
        outermost = _outermost(node) if _direct_zone(node) else None
        if outermost is None or outermost.meta.get("zoned"):
            continue
        zone, wall = _zone(outermost), _wall_clock(outermost)
        wall.meta["zoned"] = True
        replacement = wall if _reads_wall_clock(outermost, tree, zone) else _timezone(zone, wall)
        outermost.replace(replacement)


def _direct_zone(node: exp.Expr) -> str | None:
    """Give the zone that a node itself sets."""
    if isinstance(node, exp.AtTimeZone):
        zone = node.args["zone"]
    elif isinstance(node, exp.Anonymous) and node.name.lower() == "at_timezone":
        zone = node.expressions[1]
    else:
        return None
    if not (isinstance(zone, exp.Literal) and zone.is_string):
        raise QueryError("NOT_SUPPORTED", f"the embedded AWS takes a literal time zone only, not {zone.sql()}")
    return str(zone.name)


def _carried(node: exp.Expr) -> exp.Expr | None:
    """Give the argument whose zone a node's value has too."""
    if isinstance(node, exp.Paren):
        inner: exp.Expr = node.this
        return inner
    if isinstance(node, exp.Anonymous) and node.name.lower() in {"date_trunc", "date_add"}:
        last: exp.Expr = node.expressions[-1]
        return last
    return None


def _outermost(node: exp.Expr) -> exp.Expr:
    while node.parent is not None and _carried(node.parent) is node:
        node = node.parent
    return node


def _zone(node: exp.Expr) -> str:
    zone, inner = _direct_zone(node), _carried(node)
    return zone or (_zone(inner) if inner is not None else "UTC")


def _wall_clock(node: exp.Expr) -> exp.Expr:
    zone, inner = _direct_zone(node), _carried(node)
    if zone:
        value = node.this if isinstance(node, exp.AtTimeZone) else node.expressions[0]
        return _timezone(zone, value)
    if inner is not None:
        inner.replace(_wall_clock(inner))
    return node


def _timezone(zone: str, value: exp.Expr) -> exp.Expr:
    """DuckDB's timezone(): of an instant its wall-clock time there, of a wall-clock time there its instant."""
    return exp.Anonymous(this="timezone", expressions=[exp.Literal.string(zone), value.copy()])


def _reads_wall_clock(node: exp.Expr, tree: exp.Expr, zone: str) -> bool:
    parent = node.parent
    if isinstance(parent, exp.Cast):
        if parent.to.this == exp.DataType.Type.VARCHAR:
            raise QueryError("NOT_SUPPORTED", "the embedded AWS does not cast a value in another time zone to varchar")
        return parent.to.this in _WALL_CLOCK_TYPES
    if isinstance(parent, exp.Anonymous):
        return parent.name.lower() in _READERS
    if isinstance(parent, exp.Alias) and isinstance(parent.parent, exp.Select):
        if parent.parent is not tree:
            raise QueryError(
                "NOT_SUPPORTED", "the embedded AWS has no value in another time zone as a subquery's column"
            )
        parent.meta[ZONE] = zone
        return True
    return isinstance(parent, (*_READING_NODES, exp.Group, exp.Ordered))
