"""What functions log, held to the form that their lines have: counts and names of errors, nothing of a payload."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

_NAME = r"[A-Za-z][A-Za-z0-9]{0,39}"
_COUNTS = rf"\{{(?:'{_NAME}': \d+(?:, )?)*\}}"
LINES = re.compile(
    rf"transformed \d+ records, \d+ failed: {_COUNTS}"
    rf"|answered \d{{3}}: \d+ accepted, \d+ rejected, \d+ unstored, refusals {_COUNTS}"
    rf"|a request passes unjudged: {_NAME}"
)
_STANDARD = {*vars(logging.makeLogRecord({})), "message", "asctime"}
_VALUES = (int, dict)


class _Held(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        line = record.getMessage()
        assert LINES.fullmatch(line), f"a line of another form: {line[:200]!r}"
        assert record.exc_info is None, "a trace may show what was sent"
        more = {name: value for name, value in vars(record).items() if name not in _STANDARD}
        assert all(isinstance(value, _VALUES) for value in more.values()), f"more than counts: {sorted(more)}"


@contextmanager
def held() -> Iterator[None]:
    """Fail at each line that has another form."""
    handler, root = _Held(), logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
