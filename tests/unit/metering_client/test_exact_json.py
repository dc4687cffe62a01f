import json
from collections import OrderedDict
from decimal import Decimal
from enum import IntEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering_client.exact_json import NotJsonError, to_json


class Size(IntEnum):
    LARGE = 3


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-(10**30), "-" + "1" + "0" * 30),
        (Size.LARGE, "3"),
        (0.1, "0.1"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1e22, "1e+22"),
        (-0.0, "-0.0"),
        (Decimal("0.10"), "0.10"),
        (Decimal("12345678901234567890.12345678901234567890"), "12345678901234567890.12345678901234567890"),
        (Decimal("1E+3"), "1E+3"),
        (Decimal("0E-10"), "0E-10"),
        (Decimal("-0"), "-0"),
        ("", '""'),
        ('ü"\\\n\u2028', '"ü\\"\\\\\\n\u2028"'),
        ([], "[]"),
        ((1, "a", [None]), '[1,"a",[null]]'),
        ({}, "{}"),
        (OrderedDict(b=1, a={"c": [Decimal("1.5")]}), '{"b":1,"a":{"c":[1.5]}}'),
    ],
)
def test_values_are_written_as_they_are(value: Any, text: str) -> None:
    assert to_json(value, "data") == text


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (float("nan"), "data: must be a finite number, is nan"),
        ({"value": float("inf")}, "data.value: must be a finite number, is inf"),
        ([0, Decimal("-Infinity")], "data[1]: must be a finite number, is -Infinity"),
        (Decimal("sNaN"), "data: must be a finite number, is sNaN"),
        pytest.param(10**5000, "data: must be a number of fewer digits", id="digits"),
        ({1: 2}, "data: a name must be text, is int"),
        ({"a": b"x"}, "data.a: must be a value that JSON has, is bytes"),
        ({"a": {1}}, "data.a: must be a value that JSON has, is set"),
        ("\ud800", "data: must be Unicode text, has a lone surrogate"),
        ({"\udfff": 1}, "data: must be Unicode text, has a lone surrogate"),
    ],
)
def test_what_json_has_no_value_for_is_refused(value: Any, message: str) -> None:
    with pytest.raises(NotJsonError) as error:
        to_json(value, "data")
    assert str(error.value) == message


def test_what_holds_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(NotJsonError, match=r"^data: must be nested less deeply, or holds itself$"):
        to_json(loop, "data")


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=8,
)


@given(VALUES)
def test_what_is_written_reads_as_the_same(value: Any) -> None:
    read = json.loads(to_json(value, "data"), parse_float=Decimal)
    assert read == value
