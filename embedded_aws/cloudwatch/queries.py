"""Metric data queries, as GetMetricData and alarms have them: metrics by name, expressions over them."""

import re
from collections.abc import Sequence
from typing import Any, Final

from embedded_aws.cloudwatch import distributions, functions
from embedded_aws.cloudwatch.arithmetic import OPERATORS, TimeSeries, Value, choose, combine, fill, mapped
from embedded_aws.cloudwatch.expressions import (
    Array,
    Call,
    ExpressionError,
    Node,
    Number,
    Reference,
    Text,
    parse,
    references,
)
from embedded_aws.cloudwatch.store import MetricName, Store, dimensions_in

_ID: Final = re.compile(r"[a-z]\w*")
_FILLERS: Final = ("REPEAT", "LINEAR")
_IF: Final = (2, 3)
"""How many arguments IF takes."""

Query = dict[str, Any]


class QueryError(ValueError):
    """Queries that CloudWatch refuses with `ValidationError`."""


class Queries:
    """The queries of one request or alarm.

    Args:
        queries: `MetricDataQueries`.

    Raises:
        QueryError: they are none that CloudWatch, or the embedded AWS, evaluates.
    """

    def __init__(self, queries: Sequence[Query]) -> None:
        self._by_id: dict[str, Query] = {}
        self._trees: dict[str, Node] = {}
        for query in queries:
            self._add(query)
        for id_, tree in self._trees.items():
            for name in references(tree):
                if name not in self._by_id:
                    raise QueryError(f"Error in expression '{id_}': Unknown id {name}")
            self._refuse_circle(id_, (id_,))

    def period(self, id_: str | None = None) -> int | None:
        """Give the one period, in seconds, of the metrics behind a query (or behind all); None if there are none.

        Raises:
            QueryError: they have different periods.
        """
        queries = self._by_id.values() if id_ is None else self._behind(id_)
        periods = {int(query["MetricStat"]["Period"]) for query in queries if "MetricStat" in query}
        if len(periods) > 1:
            raise QueryError(f"Metrics of different periods cannot be combined: {sorted(periods)}")
        return periods.pop() if periods else None

    def returned(self) -> list[Query]:
        """Give the queries whose data is asked for."""
        return [query for query in self._by_id.values() if query.get("ReturnData", True)]

    def evaluate(self, id_: str, store: Store, grid: range) -> list[TimeSeries]:
        """Evaluate a query.

        Args:
            id_: of which query.
            store: the metrics.
            grid: starts of all periods, in seconds since 1970; its step is the period.

        Raises:
            QueryError: the result is no time series, or a function takes no such value.
        """
        try:
            value = _Evaluation(self._by_id, self._trees, store, grid).query(id_)
        except ExpressionError as error:
            raise QueryError(f"Error in expression '{id_}': {error}") from error
        if isinstance(value, float):
            raise QueryError(f"Error in expression '{id_}': the result must be a time series, not a scalar")
        return value if isinstance(value, list) else [value]

    def _add(self, query: Query) -> None:
        id_ = str(query.get("Id", ""))
        if not _ID.fullmatch(id_):
            raise QueryError(
                f"The value {id_} for parameter Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$."
            )
        if id_ in self._by_id:
            raise QueryError(f"The id {id_} is used by more than one query.")
        if ("Expression" in query) == ("MetricStat" in query):
            raise QueryError(f"The query {id_} must have either Expression or MetricStat.")
        self._by_id[id_] = query
        try:
            if "Expression" in query:
                self._trees[id_] = parse(str(query["Expression"]))
                _check_functions(self._trees[id_])
            else:
                distributions.check(str(query["MetricStat"]["Stat"]))
        except (ExpressionError, distributions.StatisticError) as error:
            raise QueryError(str(error)) from error

    def _refuse_circle(self, id_: str, path: tuple[str, ...]) -> None:
        for name in references(self._trees[id_]):
            if name in path:
                raise QueryError(f"Error in expression '{path[0]}': it refers to itself")
            if name in self._trees:
                self._refuse_circle(name, (*path, name))

    def _behind(self, id_: str) -> list[Query]:
        if id_ not in self._trees:
            return [self._by_id[id_]]
        if _calls(self._trees[id_], "METRICS"):
            return list(self._by_id.values())
        return [query for name in references(self._trees[id_]) for query in self._behind(name)]


class _Evaluation:
    def __init__(self, by_id: dict[str, Query], trees: dict[str, Node], store: Store, grid: range) -> None:
        self._by_id, self._trees, self._store, self._grid = by_id, trees, store, grid
        self._values: dict[str, Value] = {}

    def query(self, id_: str) -> Value:
        if id_ not in self._by_id:
            raise ExpressionError(f"{id_} is neither an id nor a value")
        if id_ not in self._values:
            tree = self._trees.get(id_)
            self._values[id_] = self._value(tree) if tree is not None else self._metric(self._by_id[id_])
        return self._values[id_]

    def _metric(self, query: Query) -> TimeSeries:
        stat, grid = query["MetricStat"], self._grid
        named = stat["Metric"]
        metric = MetricName(named["Namespace"], named["MetricName"], dimensions_in(named.get("Dimensions")))
        found = self._store.periods(metric, grid.start, grid.stop, grid.step, stat.get("Unit"))
        values = {start: distributions.value_of(one, stat["Stat"]) for start, one in found.items()}
        points = {start: value for start, value in values.items() if value is not None}
        return TimeSeries(points, grid, self._store.known(metric), metric.name)

    def _value(self, node: Node) -> Value:
        match node:
            case Number(value):
                return value
            case Reference(name):
                return self.query(name)
            case Array(items):
                return [self._series(item) for item in items]
            case Call(name, arguments):
                return self._call(name, arguments)
        raise ExpressionError(f"a text stands where a value is expected: {node}")

    def _series(self, node: Node) -> TimeSeries:
        value = self._value(node)
        if not isinstance(value, TimeSeries):
            raise ExpressionError("an array holds time series only")
        return value

    def _call(self, name: str, arguments: tuple[Node, ...]) -> Value:
        if name == "METRICS":
            return self._metrics(arguments)
        if name == "FILL":
            return self._fill(arguments)
        values = [self._value(argument) for argument in arguments]
        if name == "-" and len(values) == 1:
            return mapped(values[0], lambda value: -value)
        if name in OPERATORS:
            return combine(name, values[0], values[1])
        if name == "IF":
            if len(values) not in _IF:
                raise ExpressionError(f"IF takes two or three values, not {len(values)}")
            return choose(values[0], values[1], values[2] if len(values) == max(_IF) else None)
        if len(values) != 1:
            raise ExpressionError(f"{name} takes one value, not {len(values)}")
        return functions.apply(name, values[0], self._grid)

    def _fill(self, arguments: tuple[Node, ...]) -> Value:
        match arguments:
            case (filled, Reference(word)) if word in _FILLERS:
                filler: Value | str = word
            case (filled, node):
                filler = self._value(node)
            case _:
                raise ExpressionError("FILL takes a time series and what to fill it with")
        value = self._value(filled)
        if isinstance(value, float):
            raise ExpressionError("FILL takes a time series")
        return [fill(series, filler) for series in value] if isinstance(value, list) else fill(value, filler)

    def _metrics(self, arguments: tuple[Node, ...]) -> Value:
        part = arguments[0].value if arguments and isinstance(arguments[0], Text) else ""
        found = [id_ for id_, query in self._by_id.items() if "MetricStat" in query and part in id_]
        return [self._metric(self._by_id[id_]) for id_ in found]


def _calls(node: Node, name: str) -> bool:
    match node:
        case Call(called, items):
            return called == name or any(_calls(item, name) for item in items)
        case Array(items):
            return any(_calls(item, name) for item in items)
    return False


def _check_functions(node: Node) -> None:
    match node:
        case Call(name, items):
            if name not in functions.NAMES | OPERATORS.keys() | {"IF", "FILL", "METRICS"}:
                raise ExpressionError(f"the function {name} is not supported by the embedded AWS")
            for item in items:
                _check_functions(item)
        case Array(items):
            for item in items:
                _check_functions(item)
