"""Why usage cannot be asked for, or an answer not be read."""


class QueryTextError(ValueError):
    """Usage cannot be asked for as it was wanted; the message names the thing, the rule and the value."""


class ResultError(ValueError):
    """An answer is not one to the question; the message names the row or column, the rule and the value."""
