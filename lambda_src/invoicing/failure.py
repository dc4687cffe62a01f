"""Why a document cannot be made or issued."""

from collections.abc import Sequence


class InvoiceError(ValueError):
    """A document would lack what it must have, or would mix what must not be mixed.

    Attributes:
        problems: every fault, each naming the thing, the rule and the value.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)
