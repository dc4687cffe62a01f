from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_events import Figure, figure_of

DIGITS = st.text("0123456789", min_size=1, max_size=25)


@st.composite
def numbers(draw: st.DrawFn) -> str:
    whole = draw(DIGITS).lstrip("0") or "0"
    fraction = draw(st.none() | DIGITS)
    exponent = draw(st.none() | st.integers(-30, 30))
    sign, mark = draw(st.sampled_from(["", "-"])), draw(st.sampled_from(["e", "E", "e+", "E+"]))
    text = f"{sign}{whole}" + (f".{fraction}" if fraction else "")
    if exponent is None:
        return text
    return f"{text}{mark if exponent >= 0 else mark[0]}{exponent}"


@given(numbers())
def test_a_figure_is_what_the_number_stands_for(text: str) -> None:
    figure = figure_of(text)
    assert figure is not None
    number = Decimal(text)
    with localcontext(prec=200):
        shown = f"{number.normalize():f}"
    shown = "0" if not number else shown
    assert (Decimal(figure.plain), figure.plain, figure.negative) == (number, shown, number < 0)
    whole, _, fraction = shown.lstrip("-").partition(".")
    assert (figure.before, figure.after) == (len(whole.lstrip("0")), len(fraction))


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("0", Figure(negative=False, digits="", point=0)),
        ("-0.0e7", Figure(negative=False, digits="", point=0)),
        ("1e-400", Figure(negative=False, digits="1", point=-399)),
        (f"1e{'9' * 5000}", Figure(negative=False, digits="1", point=10**9 + 1)),
        (f"-1e-{'9' * 5000}", Figure(negative=True, digits="1", point=1 - 10**9)),
        (f"1e{'0' * 5000}2", Figure(negative=False, digits="1", point=3)),
        ("1" * 5000, Figure(negative=False, digits="1" * 5000, point=5000)),
    ],
)
def test_figures_of_any_size(text: str, figure: Figure) -> None:
    assert figure_of(text) == figure


@pytest.mark.parametrize(
    "text", ["", "-", "+1", "01", "1.", ".1", "1e", "1e+", "0x1", "1_0", " 1", "1\n", "٣", "NaN", "1e1.5"]
)
def test_what_json_has_no_number_for(text: str) -> None:
    assert figure_of(text) is None
