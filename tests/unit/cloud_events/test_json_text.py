"""JSON against Python's own reader: the same values, digits included, whatever the text."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_events import CloudEventError, Fault, canonical
from cloud_events.json_text import Scanner, as_written

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


def exactly(text: str) -> Any:
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


@given(VALUES, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_texts_are_written_with_the_same_values(value: Any, indent: Any, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    read = Scanner(text).document()
    compact = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    assert as_written(read).encode() == compact.encode("utf-8", "backslashreplace")
    assert exactly(canonical(read)) == exactly(text)
    again = Scanner(canonical(read)).document()
    assert canonical(again) == canonical(read)


@given(
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=6).flatmap(
        lambda one: st.permutations(list(one.items()))
    )
)
def test_the_order_of_keys_makes_no_other_text(pairs: list[tuple[str, int]]) -> None:
    text = canonical(Scanner(json.dumps(dict(pairs))).document())
    assert text == canonical(Scanner(json.dumps(dict(sorted(pairs)))).document())


@given(st.text(max_size=30) | st.text('[]{},:"\\01e.-ntfuINa \n', max_size=30))
def test_any_text_is_read_as_python_reads_it_or_refused(text: str) -> None:
    try:
        expected = json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=int)
    except ValueError:
        with pytest.raises(CloudEventError) as refused:
            Scanner(text).document()
        assert refused.value.fault == Fault.NOT_JSON
        return
    scanner = Scanner(text)
    read = scanner.document()
    if not scanner.twice:
        assert exactly(canonical(read)) == expected


def test_keys_that_are_there_twice_are_noted_for_each_value_anew() -> None:
    scanner = Scanner('[{"a": {"b": 1, "b": 2, "b": 3}, "a": 4}, {"a": 1}]')
    _, end = scanner.value(1)
    assert sorted(scanner.twice) == ["a", "b", "b"]
    scanner.value(scanner.skip(end + 1))
    assert scanner.twice == []


def test_a_few_characters_never_become_many() -> None:
    """A batch of the transform has a limit, and a row that breaks it would take others' rows with it."""
    numbers = ["1e14", "1e-12", "1E9", "9.99e14", "1e58", "1e-58", "1e999999999", "123456789e6"]
    grown = [len(canonical(Scanner(number).document())) / len(number) for number in numbers]
    assert max(grown) < 4
