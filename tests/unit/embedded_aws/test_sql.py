"""Athena's SQL without tables: what each function and operator gives, as Athena writes it."""

import pytest

from embedded_aws import iam
from embedded_aws.athena import engine
from embedded_aws.athena.errors import MalformedQueryError, QueryError
from embedded_aws.athena.functions import NATIVE, SUPPORTED
from embedded_aws.athena.names import Context
from embedded_aws.athena.sql import Athena
from tests.unit.embedded_aws.sql_examples import AGGREGATES, FAILURES, FOREIGN, ROWS, VALUES

ROOT = iam.Principal("arn:aws:iam::000000000000:root", "000000000000", policies=None)
NOWHERE = Context("AwsDataCatalog", "default", "000000000000", "us-east-1")


def run(sql: str, *parameters: str) -> engine.Result:
    return engine.select(sql, list(parameters), NOWHERE, ROOT, limit=None)


def failure(sql: str, *parameters: str) -> str:
    with pytest.raises(QueryError) as caught:
        run(sql, *parameters)
    return caught.value.reason


@pytest.mark.parametrize("expression", VALUES)
def test_an_expression_has_athenas_type_and_text(expression: str) -> None:
    result = run(f"SELECT {expression}")
    assert (result.columns[0].type, result.rows[0][0]) == VALUES[expression]


@pytest.mark.parametrize("expression", AGGREGATES)
def test_an_aggregate_has_athenas_type_and_text(expression: str) -> None:
    result = run(f"SELECT {expression} FROM {ROWS}")  # noqa: S608 - constants of this file
    assert (result.columns[0].type, result.rows[0][0]) == AGGREGATES[expression]


def test_windows_groups_and_subqueries_keep_their_types() -> None:
    result = run(
        f"WITH days AS (SELECT day, sum(n) AS n FROM {ROWS} GROUP BY day), "  # noqa: S608 - as above
        "halves AS (SELECT day, n / 2 AS h FROM days) "
        "SELECT day, h, sum(h) OVER (ORDER BY day) AS so_far, row_number() OVER (ORDER BY day DESC) AS place, "
        "(SELECT max(n) / 2 FROM days) FROM halves ORDER BY day"
    )
    assert [(column.name, column.type) for column in result.columns] == [
        ("day", "date"),
        ("h", "bigint"),
        ("so_far", "bigint"),
        ("place", "bigint"),
        ("_col4", "bigint"),
    ]
    assert result.rows == [["2026-11-21", "0", "0", "2", "1"], ["2026-11-22", "1", "1", "1", "1"]]


def test_a_window_of_all_rows_tells_whether_they_differ() -> None:
    every = "OVER (PARTITION BY k ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)"
    result = run(
        f"SELECT k, row_number() OVER (PARTITION BY k ORDER BY n) AS delivery, "  # noqa: S608 - constants
        f"min(sha256(to_utf8(x))) {every} <> max(sha256(to_utf8(x))) {every} AS differs "
        "FROM (VALUES ('a', 1, 'x'), ('a', 2, 'y'), ('b', 1, 'x'), ('b', 2, 'x')) AS v(k, n, x) ORDER BY k, 2"
    )
    assert result.rows == [["a", "1", "true"], ["a", "2", "true"], ["b", "1", "false"], ["b", "2", "false"]]


def test_grouping_sets_tell_by_bits_which_columns_they_leave_out() -> None:
    result = run(
        "SELECT grouping(a, b) AS level, a, b, sum(CAST(n AS decimal(38, 0))) FROM "
        "(VALUES ('x', 'y', 1), ('x', NULL, 2)) AS v(a, b, n) GROUP BY GROUPING SETS ((a), (a, b), ()) ORDER BY 1, 2, 3"
    )
    assert result.rows == [
        ["0", "x", "y", "1"],
        ["0", "x", None, "2"],
        ["1", "x", None, "3"],
        ["3", None, None, "3"],
    ]


def test_what_depends_on_types_may_stand_in_a_subquery_and_in_a_joins_condition() -> None:
    result = run(
        "SELECT n FROM (SELECT v.n, CAST(v.n AS varchar) AS t FROM (VALUES 7, 8) AS v(n) "
        "JOIN (VALUES 7 / 2) AS w(m) ON v.n / 2 = w.m) AS s WHERE t = '7'"
    )
    assert result.rows == [["7"]]


def test_names_are_lower_case_and_unnamed_outputs_are_numbered() -> None:
    result = run(f'SELECT N AS "Total N", 1, v.n, count(*) OVER (), CAST(n AS varchar) FROM {ROWS} LIMIT 1')  # noqa: S608 - as above
    assert [column.name for column in result.columns] == ["total n", "_col1", "n", "_col3", "_col4"]


def test_a_star_counts_in_the_numbering() -> None:
    result = run(f"SELECT *, 1 FROM {ROWS} LIMIT 1")  # noqa: S608 - as above
    assert [column.name for column in result.columns] == ["n", "amount", "good", "day", "_col4"]


@pytest.mark.parametrize("sql", FAILURES)
def test_a_query_fails_in_athenas_words(sql: str) -> None:
    assert failure(sql) == FAILURES[sql]


@pytest.mark.parametrize("sql", FOREIGN)
def test_other_engines_sql_is_malformed(sql: str) -> None:
    with pytest.raises(MalformedQueryError) as caught:
        run(sql)
    assert caught.value.reason == FOREIGN[sql]


def test_an_offset_stands_before_its_limit_and_a_subquery_has_its_own() -> None:
    result = run("SELECT n FROM (SELECT n FROM (VALUES 1, 2, 3) AS v(n) ORDER BY n LIMIT 2) OFFSET 1 LIMIT 5")
    assert result.rows == [["2"]]


@pytest.mark.parametrize("sql", ["SELEC 1", "SELECT FROM WHERE", "SELECT 1; SELECT 2", "SELECT (1"])
def test_what_is_no_sql_is_malformed(sql: str) -> None:
    with pytest.raises(QueryError):
        run(sql)


def test_parameters_stand_for_constants_in_order() -> None:
    assert run("SELECT ?, '?', ? - 1 LIMIT ?", "'it''s'", "-1", "1").rows == [["it's", "?", "-2"]]


def test_too_few_parameters_are_refused() -> None:
    expected = "INVALID_PARAMETER_USAGE: Incorrect number of parameters: expected 2 but found 1"
    assert failure("SELECT ?, ?", "1") == expected


def test_a_parameter_is_a_constant() -> None:
    assert failure("SELECT ?", "(SELECT 1)") == "INVALID_PARAMETER_USAGE: Parameter is no constant: (SELECT 1)"


def test_files_of_this_machine_are_out_of_reach() -> None:
    assert failure("SELECT * FROM read_csv('/etc/passwd')").startswith("FUNCTION_NOT_FOUND: ")


def test_every_native_function_is_one_that_the_grammar_translates() -> None:
    grammar = Athena.Parser
    known = {*grammar.FUNCTIONS, *grammar.FUNCTION_PARSERS, *grammar.NO_PAREN_FUNCTION_PARSERS}
    assert {name for name in NATIVE if name.upper() not in known} == set()
    assert {name for name in SUPPORTED if name != name.lower()} == set()
