"""What holds of every price and usage."""

import random
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rating.exact import EXACT, round_amount, scale_figure
from rating.pipeline import Charge, Usage, prorate, rate_all, total
from rating.price import parse_price
from tests.unit.rating.builders import amount, line

figures = st.decimals(0, 1000, places=6, allow_nan=False)
quantities = st.one_of(
    st.decimals(0, 2000, places=6, allow_nan=False),
    st.integers(0, 10**15).map(Decimal),
    st.integers(0, 10**25).map(lambda units: Decimal(f"{units}e-10")),
)
optional_figures = st.one_of(st.none(), figures)


@st.composite
def tiers(draw: st.DrawFn, *, flat: bool = True, each: str = "unit_amount") -> list[dict[str, Any]]:
    bounds = draw(st.lists(st.decimals("0.000001", 1500, places=6), max_size=4, unique=True).map(sorted))
    rows: list[dict[str, Any]] = []
    for bound in [*bounds, None]:
        row = {"up_to": None if bound is None else str(bound), each: str(draw(figures))}
        if flat and (amount := draw(optional_figures)) is not None:
            row["flat_amount"] = str(amount)
        rows.append(row)
    return rows


@st.composite
def prices(draw: st.DrawFn) -> dict[str, Any]:
    figure = figures.map(str)
    own = draw(
        st.one_of(
            st.fixed_dictionaries({"model": st.just("flat"), "amount": figure}),
            st.fixed_dictionaries({"model": st.just("per_unit"), "unit_amount": figure}),
            st.fixed_dictionaries({"model": st.sampled_from(["graduated", "volume"]), "tiers": tiers()}),
            st.fixed_dictionaries(
                {
                    "model": st.just("package"),
                    "package_amount": figure,
                    "package_size": st.decimals("0.001", 500, places=3).map(str),
                }
            ),
            st.fixed_dictionaries({"model": st.just("percentage"), "rate": figure, "fixed_amount": figure}),
            st.fixed_dictionaries({"model": st.just("graduated_percentage"), "tiers": tiers(each="rate")}),
        )
    )
    limits = draw(st.tuples(optional_figures, optional_figures))
    if None not in limits:
        limits = tuple(sorted(limits))  # type: ignore[type-var,assignment]
    named = {"free_units": draw(optional_figures), "minimum": limits[0], "maximum": limits[1]}
    return own | {key: str(value) for key, value in named.items() if value is not None}


discounts = st.one_of(
    st.none(),
    st.fixed_dictionaries({"percentage": st.decimals(0, 100, places=4).map(str)}),
    st.fixed_dictionaries({"usage": figures.map(str)}),
)


@given(st.one_of(tiers(), figures), quantities, quantities)
def test_more_usage_never_costs_less(shape: Any, first: Decimal, second: Decimal) -> None:
    form = (
        {"model": "graduated", "tiers": shape}
        if isinstance(shape, list)
        else {"model": "per_unit", "unit_amount": str(shape)}
    )
    less, more = sorted((first, second))
    assert line(form, less).unrounded <= line(form, more).unrounded
    assert line(form, less).amount <= line(form, more).amount


@given(tiers(flat=False), quantities, quantities)
def test_a_graduated_quantity_split_in_two_adds_up_to_the_whole(
    rows: list[dict[str, Any]], first: Decimal, second: Decimal
) -> None:
    """The second part is priced by the tiers that are left above the first."""
    with localcontext(EXACT):
        whole = line({"model": "graduated", "tiers": rows}, first + second).unrounded
        left = [
            {**row, "up_to": None if row["up_to"] is None else str(Decimal(row["up_to"]) - first)}
            for row in rows
            if row["up_to"] is None or Decimal(row["up_to"]) > first
        ]
        parts = [
            line({"model": "graduated", "tiers": rows}, first).unrounded,
            line({"model": "graduated", "tiers": left}, second).unrounded,
        ]
        assert sum(parts) == whole


@given(tiers(), st.data())
def test_volume_falls_and_rises_only_right_above_a_bound(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(rows) - 1))
    form = {"model": "volume", "tiers": rows}
    row, bound = rows[number], rows[number]["up_to"]
    bottom = Decimal(rows[number - 1]["up_to"]) if number else Decimal(0)
    with localcontext(EXACT):
        first_inside = bottom + Decimal("1e-20") if number else bottom
        inside = [first_inside] if bound is None else [first_inside, Decimal(bound)]
        for quantity in inside:
            expected = quantity * Decimal(row["unit_amount"]) + Decimal(row.get("flat_amount", 0))
            assert line(form, quantity).unrounded == expected


@given(prices(), quantities, discounts, st.integers(0, 12))
def test_a_line_can_be_recomputed_by_hand(
    form: dict[str, Any], usage: Decimal, discount: dict[str, str] | None, exponent: int
) -> None:
    """With fractions of integers, which know no rounding at all."""
    rated = line(form, usage, events=7, exponent=exponent, discount=discount)
    quantity_steps = {"free_units", "usage_discount"}
    billed = Fraction(usage) + sum(Fraction(step.change) for step in rated.adjustments if step.kind in quantity_steps)
    assert Fraction(rated.billed_quantity) == billed >= 0
    for part in rated.parts:
        per_cent = 100 if part.kind == "value" else 1
        assert Fraction(part.quantity) * Fraction(part.each) / per_cent == Fraction(part.amount)
    if form["model"] not in {"flat", "package"}:
        counted = sum(Fraction(part.quantity) for part in rated.parts if part.kind in {"units", "value"})
        assert counted == billed
    unrounded = sum(Fraction(part.amount) for part in rated.parts)
    unrounded += sum(Fraction(step.change) for step in rated.adjustments if step.kind not in quantity_steps)
    assert Fraction(rated.unrounded) == unrounded
    assert abs(Fraction(rated.amount) - unrounded) <= Fraction(1, 2 * 10**exponent)
    assert rated.amount.as_tuple().exponent == -exponent
    lowest, highest = form.get("minimum"), form.get("maximum")
    assert lowest is None or rated.unrounded >= Decimal(lowest)
    assert highest is None or rated.unrounded <= Decimal(highest)


@given(st.lists(st.tuples(prices(), quantities), max_size=5), st.integers(0, 3), st.randoms())
def test_a_bill_is_the_sum_of_its_lines_whatever_the_order(
    charges: list[tuple[dict[str, Any], Decimal]], exponent: int, rng: random.Random
) -> None:
    items = [
        (Charge(f"charge {number}", "unit", parse_price(form)), Usage(usage, 3))
        for number, (form, usage) in enumerate(charges)
    ]
    shuffled = items.copy()
    rng.shuffle(shuffled)
    lines = rate_all(items, exponent)
    assert lines == rate_all(shuffled, exponent)
    assert [bill_line.key for bill_line in lines] == [charge.key for charge, _ in items]
    assert Fraction(total(lines)) == sum(Fraction(bill_line.amount) for bill_line in lines)


@given(prices(), st.integers(1, 31), quantities)
def test_a_prorated_line_can_be_recomputed_from_the_figures_it_shows(
    form: dict[str, Any], days: int, usage: Decimal
) -> None:
    charge = prorate(Charge("key", "unit", parse_price(form)), days, 31)
    [rated] = rate_all([(charge, Usage(usage, 3))], 2)
    assert rated.proration
    for figure in rated.proration.figures:
        share = Fraction(figure.full) * days / 31
        assert abs(Fraction(figure.scaled) - share) <= Fraction(1, 2 * 10**12)
    scaled_form = {**form, "tiers": [dict(row) for row in form.get("tiers", [])]}
    if not scaled_form["tiers"]:
        del scaled_form["tiers"]
    for figure in rated.proration.figures:
        key, _, below = figure.path.partition(".")
        if below:
            number = int(key.removeprefix("tiers[").removesuffix("]"))
            scaled_form["tiers"][number][below] = f"{figure.scaled:f}"
        else:
            scaled_form[key] = f"{figure.scaled:f}"
    assert line(scaled_form, usage, events=3)._replace(proration=rated.proration) == rated


@given(st.integers(0, 10**30), st.integers(0, 20), st.integers(1, 31), st.integers(1, 31))
def test_a_scaled_figure_is_the_nearest_of_twelve_places_and_ties_go_up(
    units: int, places: int, days: int, of_days: int
) -> None:
    share = Fraction(units, 10**places) * days / of_days * 10**12
    whole, rest = divmod(share, 1)
    expected = whole + (1 if rest >= Fraction(1, 2) else 0)
    assert Fraction(scale_figure(Decimal(f"{units}e-{places}"), days, of_days)) * 10**12 == expected


@given(st.integers(-(10**30), 10**30), st.integers(0, 12))
def test_amounts_are_rounded_half_away_from_zero(units: int, exponent: int) -> None:
    amount = Decimal(f"{units}e-20")
    away = (abs(units) * 10**exponent * 2 + 10**20) // (2 * 10**20)
    assert Fraction(round_amount(amount, exponent)) == Fraction(away if units > 0 else -away, 10**exponent)


@given(prices(), discounts)
def test_zero_usage_costs_what_is_charged_without_usage(form: dict[str, Any], discount: dict[str, str] | None) -> None:
    fixed = {"flat": form.get("amount", "0")}.get(form["model"], form.get("tiers", [{}])[0].get("flat_amount", "0"))
    expected = Fraction(fixed) * (100 - Fraction((discount or {}).get("percentage", "0"))) / 100
    if "maximum" in form:
        expected = min(expected, Fraction(form["maximum"]))
    if "minimum" in form:
        expected = max(expected, Fraction(form["minimum"]))
    assert Fraction(line(form, "0", discount=discount).unrounded) == expected


@given(st.integers(0, 10**15), st.integers(0, 10**6))
def test_enormous_quantities_are_exact_to_the_last_unit(usage: int, rate: int) -> None:
    rows = [{"up_to": "1000000", "unit_amount": "3"}, {"up_to": None, "unit_amount": f"{rate}e-12"}]
    inside = min(usage, 10**6)
    micro = inside * 3 * 10**12 + (usage - inside) * rate
    assert Fraction(line({"model": "graduated", "tiers": rows}, str(usage)).unrounded) == Fraction(micro, 10**12)
    assert amount({"model": "per_unit", "unit_amount": "1"}, str(usage)) == f"{usage}.00"
