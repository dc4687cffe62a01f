"""What acceptance takes as a number, Athena's SQL adds up to the last digit."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from cloud_events import canonical
from cloud_events.json_text import Scanner
from embedded_aws import iam
from embedded_aws.athena import engine
from embedded_aws.athena.names import Context
from events.quantities import Quantity, QuantityError, check
from metering.records import USAGE_EVENTS
from usage import fields, sql

ROOT = iam.Principal("arn:aws:iam::000000000000:root", "000000000000", policies=None)
NOWHERE = Context("AwsDataCatalog", "default", "000000000000", "us-east-1")
ANY_NUMBER = Quantity("v", required=True, negative=True)

digits = st.text("0123456789", max_size=17)
numbers = st.tuples(
    st.sampled_from(("", "-")),
    digits.map(lambda text: text.lstrip("0") or "0"),
    st.one_of(st.just(""), st.text("0123456789", min_size=1, max_size=14).map(".{}".format)),
    st.one_of(st.just(""), st.integers(-20, 20).map("e{}".format)),
).map("".join)
texts = st.tuples(numbers, st.booleans()).map(lambda pair: f'"{pair[0]}"' if pair[1] else pair[0])


def taken(text: str) -> bool:
    try:
        check([ANY_NUMBER], {"v": Scanner(text).document()})
    except QuantityError:
        return False
    return True


@settings(max_examples=5)
@given(st.lists(texts, min_size=100, max_size=100))
def test_a_number_that_is_taken_is_counted_as_it_is(values: list[str]) -> None:
    good = [value for value in values if taken(value)]
    data = [canonical({"v": Scanner(value).document()}) for value in good]
    rows = ", ".join(f"({place}, {sql.text(text)})" for place, text in enumerate(data))
    query = (
        f"SELECT n, {fields.as_number('data.v', USAGE_EVENTS)} FROM "  # noqa: S608 - made here
        f"(VALUES (-1, '{{}}'){rows and ', '}{rows}) AS v(n, data) ORDER BY n"
    )
    found = [row[1] for row in engine.select(query, [], NOWHERE, ROOT, limit=None).rows]
    assert found[0] is None
    assert [Decimal(one or "NaN") for one in found[1:]] == [Decimal(value.strip('"')) for value in good]
