"""Of any number of groups the largest are kept, in bounded memory, whatever order they come in."""

from decimal import Decimal
from random import Random
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.bill import Quantity
from usage import largest
from usage.failure import ResultError
from usage.largest import Largest


def quantity(number: int | str) -> Quantity:
    return Quantity(Decimal(number), 1)


@given(
    groups=st.dictionaries(
        st.tuples(st.none() | st.sampled_from("ab¿租😀"), st.none() | st.text(max_size=2)),
        st.integers(-3, 3),
        max_size=40,
    ),
    order=st.randoms(use_true_random=False),
    most=st.integers(1, 9),
)
def test_the_largest_are_kept_and_of_equal_ones_those_with_the_first_values(
    groups: dict[tuple[str | None, str | None], int], order: Random, most: int
) -> None:
    by_values = sorted(groups, key=lambda values: [(value is not None, value or "") for value in values])
    expected = sorted(by_values, key=lambda values: -groups[values])[:most]
    shuffled = list(groups)
    order.shuffle(shuffled)
    found = Largest()
    with patch.object(largest, "MOST_GROUPS", most):
        for values in shuffled:
            found.add((("a", values[0]), ("b", values[1])), quantity(groups[values]))
            assert len(found._found) < 2 * most
        assert found.omitted == max(len(groups) - most, 0)
        assert list(found.kept().items()) == [
            ((("a", values[0]), ("b", values[1])), quantity(groups[values])) for values in expected
        ]
        assert found.omitted == max(len(groups) - most, 0)


def test_quantities_are_compared_to_their_last_digit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(largest, "MOST_GROUPS", 1)
    found = Largest()
    for name, last in (("a", 1), ("b", 3), ("c", 2)):
        found.add((("model", name),), quantity(f"99999999999999999999999999.00000000000{last}"))
    assert list(found.kept()) == [(("model", "b"),)]


def test_a_group_is_there_once() -> None:
    found = Largest()
    found.add((("model", None),), quantity(1))
    with pytest.raises(ResultError, match=r"^a group must be there once, got \(\('model', None\),\) again$"):
        found.add((("model", None),), quantity(1))
