"""What sqlglot's grammar of Trino takes and Trino's own does not.

sqlglot reads a little of every dialect in each of them. A query that uses it would answer here and fail on AWS.
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

from embedded_aws.athena.errors import MalformedQueryError, QueryError

_FOREIGN = frozenset(
    getattr(TokenType, name)
    for name in (
        *("DCOLON", "AMP", "PIPE", "CARET", "TILDE", "NULLSAFE_EQ", "L_BRACE", "DIV", "ILIKE", "SIMILAR_TO", "RLIKE"),
        *("GLOB", "SEMI", "ANTI", "ASOF", "SORT_BY", "CLUSTER_BY", "DISTRIBUTE_BY"),
    )
)
"""Operators and clauses of other engines."""
_ENDS_A_LIST = frozenset({TokenType.FROM, TokenType.R_PAREN, TokenType.WHERE, TokenType.GROUP_BY, TokenType.ORDER_BY})
_BEFORE_A_SUBSCRIPT = frozenset(
    {TokenType.VAR, TokenType.IDENTIFIER, TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.ARRAY}
)


def check_tokens(tokens: Sequence[Any]) -> None:
    """Refuse what shows in a query's tokens.

    Raises:
        MalformedQueryError: Trino has no such operator or clause, or has it in another order.
        QueryError: Trino has it, and the embedded AWS has not.
    """
    offender = next(_foreign(tokens), None)
    if offender is not None:
        raise MalformedQueryError("", f"{_place(offender)}mismatched input '{offender.text}'")
    for token, following in itertools.pairwise(tokens):
        if (token.token_type, following.token_type) == (TokenType.DECIMAL, TokenType.STRING):
            message = f"the embedded AWS has no DECIMAL '{following.text}': cast to decimal(precision, scale)"
            raise QueryError("NOT_SUPPORTED", message)


def check_tree(tree: exp.Expr) -> None:
    """Refuse what shows in a parsed query alone.

    Raises:
        MalformedQueryError: Trino has no such clause.
    """
    for star in tree.find_all(exp.Star):
        changes = next((name.rstrip("_").upper() for name, value in star.args.items() if value), None)
        if changes:
            raise MalformedQueryError("", f"mismatched input after '*': {changes} of columns")
    if any(group.args.get("all") for group in tree.find_all(exp.Group)):
        raise MalformedQueryError("", "mismatched input 'ALL' after 'GROUP BY'")


def _foreign(tokens: Sequence[Any]) -> Iterator[Any]:
    limited: list[bool] = [False]  # for each open parenthesis, whether a LIMIT stood in it
    for before, token in zip([None, *tokens], tokens, strict=False):
        kind, last = token.token_type, before.token_type if before is not None else None
        match kind:
            case TokenType.L_PAREN:
                limited.append(False)
            case TokenType.R_PAREN if len(limited) > 1:
                limited.pop()
            case TokenType.LIMIT:
                limited[-1] = True
        foreign = (
            kind in _FOREIGN
            or (kind == TokenType.FROM and last is None)
            or (kind == TokenType.OFFSET and limited[-1])
            or (kind == TokenType.EQ and token.text == "==")
            or (kind == TokenType.L_BRACKET and last not in _BEFORE_A_SUBSCRIPT)
            or (kind == TokenType.STRING and last == TokenType.STRING)
            or (kind in _ENDS_A_LIST and last == TokenType.COMMA)
        )
        if foreign:
            yield token


def _place(token: Any) -> str:
    return f"line {token.line}:{token.col - len(token.text) + 1}: "
