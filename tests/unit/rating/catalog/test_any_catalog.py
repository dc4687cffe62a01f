from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rating.form import FormError
from tests.unit.rating.catalogs import WHOLE, parse

junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.dates() | st.datetimes() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3),
    max_leaves=5,
)


@given(st.data())
def test_whatever_stands_in_a_catalog_is_read_or_refused(data: st.DataObject) -> None:
    """One value somewhere in a good catalog is replaced by anything that YAML can be."""

    def damaged(value: Any) -> Any:
        if isinstance(value, dict) and value and data.draw(st.integers(0, 4)):
            key = data.draw(st.sampled_from(sorted(value)))
            return {**value, key: damaged(value[key])}
        if isinstance(value, list) and value and data.draw(st.integers(0, 4)):
            index = data.draw(st.integers(0, len(value) - 1))
            return [*value[:index], damaged(value[index]), *value[index + 1 :]]
        return data.draw(junk)

    value = damaged(WHOLE)
    try:
        parsed = parse(value)
    except FormError:
        return
    assert parse(parsed.raw) == parsed
