"""How a query fails: Trino's error codes and words, as Athena reports them."""

_USER_ERROR = 2
_SYSTEM_ERROR = 1


class QueryError(Exception):
    """A query that fails.

    Attributes:
        code: Trino's name of the error, such as `COLUMN_NOT_FOUND`; empty where Athena gives a bare sentence.
        reason: what Athena shows as StateChangeReason.
    """

    def __init__(self, code: str, message: str, *, category: int = _USER_ERROR) -> None:
        self.code, self.category = code, category
        self.reason = f"{code}: {message}" if code else message
        super().__init__(self.reason)


class ScanLimitError(QueryError):
    """A query would read more than its workgroup allows; it is cancelled, not failed."""

    def __init__(self) -> None:
        super().__init__("", "Query cancelled! : Bytes scanned limit was exceeded")


class MalformedQueryError(QueryError):
    """A text that is no SQL; Athena refuses it at once."""


def of_duckdb(error: Exception) -> QueryError:
    """Put an error of the engine that runs the query into Trino's words."""
    text = str(error).split("\n\nLINE", 1)[0].strip()
    marker = text.find(OWN)
    if marker >= 0:
        code, _, message = text[marker + len(OWN) :].partition(": ")
        return QueryError(code, message)
    _, _, message = text.partition("Error: ")
    for words, code, trino in _TRANSLATIONS:
        if words in text:
            return QueryError(code, trino or message)
    return QueryError("GENERIC_USER_ERROR", message or text)


OWN = "trino!"
"""What the engine's own macros put before `CODE: message` when they raise."""

_TRANSLATIONS = (
    ("Division by zero", "DIVISION_BY_ZERO", "Division by zero"),
    ("Overflow in addition", "NUMERIC_VALUE_OUT_OF_RANGE", "bigint addition overflow"),
    ("Overflow in subtraction", "NUMERIC_VALUE_OUT_OF_RANGE", "bigint subtraction overflow"),
    ("Overflow in multiplication", "NUMERIC_VALUE_OUT_OF_RANGE", "bigint multiplication overflow"),
    ("Conversion Error", "INVALID_CAST_ARGUMENT", ""),
    ("Out of Range Error", "NUMERIC_VALUE_OUT_OF_RANGE", ""),
    ("must appear in the GROUP BY clause", "EXPRESSION_NOT_AGGREGATE", ""),
    (
        "TRY can not be used",
        "NOT_SUPPORTED",
        "the embedded AWS has no try() around what it checks itself; use try_cast",
    ),
    ("Binder Error", "TYPE_MISMATCH", ""),
    ("Invalid Input Error", "INVALID_FUNCTION_ARGUMENT", ""),
)
