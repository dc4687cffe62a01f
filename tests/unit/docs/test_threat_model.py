"""The threat model is one table of one page, and every test that it names is there, once."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
ROWS = [line.strip("|").split(" | ") for line in TEXT.splitlines() if re.match(r"\| [STRIDE] \|", line)]
NAMED = re.findall(r"`(test_\w+)`", TEXT)


def _known() -> Counter[str]:
    """Count the project's tests of each name."""
    files = (ROOT / "tests").rglob("test_*.py")
    return Counter(name for file in files for name in re.findall(r"(?m)^def (test_\w+)", file.read_text("utf-8")))


def test_every_letter_has_rows_of_five_cells() -> None:
    assert {row[0].strip() for row in ROWS} == set("STRIDE")
    assert [row for row in ROWS if len(row) != 5 or not all(cell.strip() for cell in row)] == []


def test_every_row_names_a_test() -> None:
    assert [row for row in ROWS if "`test_" not in row[3]] == []


def test_every_test_that_is_named_is_there_once() -> None:
    known = _known()
    assert {name: known[name] for name in NAMED if known[name] != 1} == {}
