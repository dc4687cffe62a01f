"""Athena's SQL as a tree: parsed by Trino's grammar, names resolved, types known, and refused where Trino refuses.

DuckDB is laxer than Trino: it groups by an output's name, compares text with timestamps and has functions of its own.
What runs here must run on AWS, so those are errors here too.
"""

import re
from collections.abc import Mapping
from typing import Any

from sqlglot import exp, tokenize
from sqlglot.dialects.trino import Trino
from sqlglot.errors import OptimizeError, SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.parsers.trino import TrinoParser
from sqlglot.tokenizer_core import TokenType

from embedded_aws.athena import grammar, mismatches
from embedded_aws.athena.errors import MalformedQueryError, QueryError
from embedded_aws.athena.functions import NATIVE, SUPPORTED

UNNAMED = "unnamed_output_"
"""Begins the name of an output that has none; Athena calls it `_col<position>`."""

_SPECIAL = {
    name.upper() for name in ("cast", "try_cast", "extract", "listagg", "substring", "trim", "max_by", "min_by")
}
_SPECIAL |= {"CEIL", "FLOOR", "POSITION"}
_DECIMAL = (38, 0)
"""What a plain `decimal` is in Trino; DuckDB's has three decimals."""
_UNRESOLVED = re.compile(r"Column '(?P<name>.*)' could not be resolved\.(?: Line: (?P<line>\d+), Col: (?P<end>\d+))?")

Schema = Mapping[str, Mapping[str, Mapping[str, Mapping[str, str]]]]
"""Catalog -> database -> table -> column -> Trino type."""


class Athena(Trino):
    """Trino's grammar with Trino's functions only: sqlglot also knows those of all other engines."""

    class Parser(TrinoParser):
        """Leaves a function that is not native as a call by its name."""

        FUNCTIONS = {name: make for name, make in TrinoParser.FUNCTIONS.items() if name.lower() in NATIVE}  # noqa: RUF012
        FUNCTION_PARSERS = {name: make for name, make in TrinoParser.FUNCTION_PARSERS.items() if name in _SPECIAL}  # noqa: RUF012


def parse(text: str, parameters: list[str]) -> exp.Expr:
    """Parse one query.

    Args:
        text: the SQL, with `?` for parameters.
        parameters: one SQL literal per `?`, in order.

    Raises:
        MalformedQueryError: the text is no SQL.
        QueryError: it is not one SELECT, has another number of parameters, or uses a function that is not registered.
    """
    tree = _statement(text, parameters)
    if not isinstance(tree, exp.Query):
        raise _unsupported(text)
    return _checked(tree)


def parse_insert(text: str, parameters: list[str]) -> exp.Insert:
    """Parse one `INSERT INTO`; its source is a query, VALUES too.

    Args:
        text: the SQL, with `?` for parameters.
        parameters: one SQL literal per `?`, in order.

    Raises:
        MalformedQueryError: the text is no SQL, or no INSERT INTO of Trino's grammar.
        QueryError: as of `parse`.
    """
    tree = _statement(text, parameters)
    if not isinstance(tree, exp.Insert):
        raise _unsupported(text)
    foreign = [name for name, value in tree.args.items() if value and name not in {"this", "expression"}]
    if foreign:
        raise MalformedQueryError("", f"mismatched input in INSERT: {foreign[0].rstrip('_').upper()}")
    source = tree.expression
    if isinstance(source, exp.Values):
        width = len(source.expressions[0].expressions)
        names = [exp.to_identifier(f"_col{index}") for index in range(width)]
        source.set("alias", exp.TableAlias(this=exp.to_identifier("_values"), columns=names))
        tree.set("expression", exp.select("*").from_(source))
    elif not isinstance(source, exp.Query):
        raise MalformedQueryError("", "mismatched input in INSERT: expected a query or VALUES")
    _checked(tree)
    return tree


def _statement(text: str, parameters: list[str]) -> Any:
    """Parse one statement of any kind."""
    try:
        whole = _with_parameters(text, parameters)
        athena = Athena()
        tokens = athena.tokenize(whole)
        grammar.check_tokens(tokens)
        trees = athena.parser().parse(tokens, whole)
    except SqlglotError as error:
        raise MalformedQueryError("", _first_line(error)) from error
    if len(trees) != 1 or trees[0] is None:
        raise MalformedQueryError("", f"Only one sql statement is allowed. Got: {text[:200]}")
    return trees[0]


def _unsupported(text: str) -> QueryError:
    words = text.split(None, 2)
    return QueryError("NOT_SUPPORTED", f"Queries of this type are not supported: {' '.join(words[:2]).upper()}")


def _checked(tree: exp.Expr) -> exp.Expr:
    """Refuse what Trino does not have, and complete the types that Trino completes."""
    grammar.check_tree(tree)
    for kind in tree.find_all(exp.DataType):
        if kind.this == exp.DataType.Type.DECIMAL and not kind.expressions:
            kind.set("expressions", [exp.DataTypeParam(this=exp.Literal.number(size)) for size in _DECIMAL])
    for call in tree.find_all(exp.Anonymous):
        if call.name.lower() not in SUPPORTED:
            raise QueryError("FUNCTION_NOT_FOUND", f"{_place(call)}Function '{call.name.lower()}' not registered")
    return tree


def arguments(text: str) -> list[str]:
    """Split what follows `EXECUTE … USING` into SQL literals.

    Raises:
        MalformedQueryError: the text is no list of expressions.
    """
    try:
        values: Any = Athena().parse(f"SELECT {text}")[0]
    except SqlglotError as error:
        raise MalformedQueryError("", _first_line(error)) from error
    return [value.sql(Athena) for value in values.expressions]


def resolve(tree: exp.Expr, schema: Schema) -> exp.Expr:
    """Resolve names and stars, and find the types.

    Every table is named in full before. Outputs without a name are called `UNNAMED<n>`.

    Raises:
        QueryError: a column is not there, or operands are of types that Trino does not compare.
    """
    for select in tree.find_all(exp.Select):
        select.set("expressions", [_named(index, output) for index, output in enumerate(select.expressions)])
    try:
        qualified = qualify(tree, dialect=Athena, schema=dict(schema), expand_alias_refs=False, quote_identifiers=True)
        typed: exp.Expr = annotate_types(qualified, schema=dict(schema), dialect=Athena)
    except OptimizeError as error:
        raise _unresolved(error) from error
    for having in typed.find_all(exp.Having):
        for column in having.find_all(exp.Column):
            if not column.table:  # DuckDB knows an output by its name there
                raise QueryError("COLUMN_NOT_FOUND", f"Column '{column.name}' cannot be resolved")
    mismatches.check(typed, Athena)
    return typed


def _with_parameters(text: str, parameters: list[str]) -> str:
    tokens = tokenize(text, read=Trino) if "?" in text else []
    places = [token for token in tokens if token.token_type == TokenType.PLACEHOLDER]
    if len(places) != len(parameters):
        message = f"Incorrect number of parameters: expected {len(places)} but found {len(parameters)}"
        raise QueryError("INVALID_PARAMETER_USAGE", message)
    for token, value in reversed(list(zip(places, parameters, strict=True))):
        literal: Any = Athena().parse(f"SELECT {value}")[0]
        if not isinstance(literal, exp.Select) or literal.find(exp.Column, exp.From, exp.Subquery):
            raise QueryError("INVALID_PARAMETER_USAGE", f"Parameter is no constant: {value}")
        text = f"{text[: token.start]}{value}{text[token.end + 1 :]}"
    return text


def _named(index: int, output: exp.Expr) -> exp.Expr:
    if isinstance(output, exp.Alias | exp.Column | exp.Star | exp.Dot) or output.is_star:
        return output
    return exp.alias_(output, f"{UNNAMED}{index}")


def _unresolved(error: OptimizeError) -> QueryError:
    found = _UNRESOLVED.search(str(error))
    if not found:
        return QueryError("SYNTAX_ERROR", _first_line(error))
    place = ""
    if found["line"]:
        place = f"line {found['line']}:{int(found['end']) - len(found['name']) + 1}: "
    return QueryError("COLUMN_NOT_FOUND", f"{place}Column '{found['name']}' cannot be resolved")


def _place(call: exp.Expr) -> str:
    line, end = call.meta.get("line"), call.meta.get("col")
    return f"line {line}:{end - len(call.name) + 1}: " if line and end else ""


def _first_line(error: Exception) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", str(error)).splitlines()[0]
