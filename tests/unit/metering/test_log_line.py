import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from metering.failure import Reason, RecordError
from metering.log_line import read, read_any, read_plain
from tests.bench.records import log_line, request_values

VALUES = request_values(seed=1)
LINE = log_line(VALUES)
RECORD: dict[str, Any] = json.loads(LINE)
NUMBERS = {"request_time_epoch", "status", "response_length", "response_latency_ms", "integration_latency_ms"}
TEXTS = {key: value if key in NUMBERS else json.dumps(value) for key, value in VALUES.items()}


def changed(**values: object) -> str:
    return json.dumps({**RECORD, **values})


def without(*keys: str) -> str:
    return json.dumps({key: value for key, value in RECORD.items() if key not in keys})


def reason_of(line: str) -> Reason:
    assert read_plain(line) is None
    with pytest.raises(RecordError) as error:
        read(line)
    return error.value.reason


def test_a_line_of_the_stage_is_read_by_the_plain_reader() -> None:
    assert read_plain(LINE) == TEXTS
    assert read_plain(log_line(VALUES, source_ip=False)) == {key: TEXTS[key] for key in TEXTS if key != "ip"}


def test_a_line_with_every_optional_value_absent_has_the_required_ones() -> None:
    required = {key: VALUES[key] for key in ("extended_request_id", "request_id", "request_time_epoch", "status")}
    assert read_plain(log_line(required)) == {key: TEXTS[key] for key in required}
    assert read_plain(without(*(RECORD.keys() - required.keys() - {"v"}))) == {key: TEXTS[key] for key in required}


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(LINE.rstrip("\n"), id="no newline"),
        pytest.param(LINE + "\n\n", id="newlines"),
        pytest.param(json.dumps(RECORD), id="blanks"),
        pytest.param(json.dumps(RECORD, indent=1), id="indented"),
        pytest.param(json.dumps(RECORD, sort_keys=True), id="another order"),
        pytest.param(f" \r\n\t{LINE}", id="leading space"),
        pytest.param(LINE.replace("GET", "\\u0047ET"), id="escapes"),
        pytest.param(without("error_type"), id="missing optional key"),
        pytest.param(changed(error_type=""), id="empty optional value"),
    ],
)
def test_the_same_record_in_another_spelling_has_the_same_values(line: str) -> None:
    assert read(line) == TEXTS


def test_text_is_kept_to_the_character() -> None:
    text = 'a"b\\c/\u00e9\u2028\U0001f600\x00\x7f, ":'
    assert json.loads(read(changed(user=text))["user"]) == text


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param("", Reason.NOT_JSON, id="empty"),
        pytest.param("\n", Reason.NOT_JSON, id="only a newline"),
        pytest.param("\ufeff" + LINE, Reason.NOT_JSON, id="byte order mark"),
        pytest.param(LINE[:-3], Reason.NOT_JSON, id="cut off"),
        pytest.param(LINE + LINE, Reason.NOT_JSON, id="two lines"),
        pytest.param(LINE.replace("GET", "G\x01T"), Reason.NOT_JSON, id="control character"),
        pytest.param(LINE.replace('"200"', "NaN"), Reason.NOT_JSON, id="NaN"),
        pytest.param(LINE.replace('"200"', "-Infinity"), Reason.NOT_JSON, id="Infinity"),
        pytest.param("[" * 200_000, Reason.NOT_JSON, id="brackets without end"),
        pytest.param("[]", Reason.NOT_AN_OBJECT, id="list"),
        pytest.param("null", Reason.NOT_AN_OBJECT, id="null"),
        pytest.param("9" * 5_000, Reason.NOT_AN_OBJECT, id="huge number"),
        pytest.param('"1"', Reason.NOT_AN_OBJECT, id="string"),
        pytest.param(LINE.replace("}", ',"ip":"-"}'), Reason.DUPLICATE_KEY, id="key twice"),
        pytest.param(LINE.replace("}", ',"\\u0069p":"-"}'), Reason.DUPLICATE_KEY, id="key twice, once escaped"),
        pytest.param(LINE.replace('"v":"1"', '"v":"1","v":"1"'), Reason.DUPLICATE_KEY, id="version twice"),
        pytest.param(changed(user_agent="x"), Reason.UNKNOWN_KEY, id="unknown key"),
        pytest.param(changed(request_time="x"), Reason.UNKNOWN_KEY, id="a column that is not logged"),
        pytest.param(changed(**{"\ud800": "x"}), Reason.UNKNOWN_KEY, id="lone surrogate in a key"),
        pytest.param("{}", Reason.MISSING_KEY, id="nothing"),
        pytest.param(without("v"), Reason.MISSING_KEY, id="no version"),
        pytest.param(changed(v="2"), Reason.UNKNOWN_VERSION, id="another version"),
        pytest.param(changed(v="2", new="x"), Reason.UNKNOWN_VERSION, id="another version with a new key"),
        pytest.param(changed(v=1), Reason.NOT_A_STRING, id="version as a number"),
        pytest.param(changed(status=200), Reason.NOT_A_STRING, id="number"),
        pytest.param(LINE.replace('"GET"', "9" * 5_000), Reason.NOT_A_STRING, id="huge number in the record"),
        pytest.param(LINE.replace('"GET"', "1e999"), Reason.NOT_A_STRING, id="number beyond float"),
        pytest.param(changed(tenant_id=None), Reason.NOT_A_STRING, id="null"),
        pytest.param(changed(tenant_id=True), Reason.NOT_A_STRING, id="boolean"),
        pytest.param(changed(tenant_id=["acme"]), Reason.NOT_A_STRING, id="list in the record"),
        pytest.param(changed(tenant_id={"tenant_id": "acme"}), Reason.NOT_A_STRING, id="object in the record"),
        pytest.param(changed(tenant_id="\ud800"), Reason.LONE_SURROGATE, id="lone surrogate"),
        pytest.param(changed(sub="x\udfff"), Reason.LONE_SURROGATE, id="lone surrogate in what is not stored"),
    ],
)
def test_what_is_no_record_is_refused_with_its_reason(line: str, reason: Reason) -> None:
    assert reason_of(line) is reason


@pytest.mark.parametrize("key", ["extended_request_id", "request_id", "request_time_epoch", "status"])
def test_a_required_value_must_be_there(key: str) -> None:
    missing = [reason_of(without(key)), reason_of(changed(**{key: "-"})), reason_of(changed(**{key: ""}))]
    assert missing == [Reason.MISSING_KEY] * 3


@pytest.mark.parametrize("key", sorted(NUMBERS))
@pytest.mark.parametrize(
    "text", ["1_0", " 1", "1 ", "+1", "-1", "-0", "01", "1.0", "1e3", "0x1", "\u0661", "\u00b2", "NaN", "--", "1\n"]
)
def test_a_number_is_ascii_digits_and_nothing_else(key: str, text: str) -> None:
    assert reason_of(changed(**{key: text})) is Reason.NOT_A_NUMBER


@pytest.mark.parametrize(
    ("key", "lowest", "highest"),
    [
        ("request_time_epoch", 10**12, 10**13 - 1),
        ("status", 0, 2**31 - 1),
        ("response_length", 0, 2**63 - 1),
        ("response_latency_ms", 0, 2**31 - 1),
        ("integration_latency_ms", 0, 2**31 - 1),
    ],
)
def test_a_number_must_fit_its_column(key: str, lowest: int, highest: int) -> None:
    inside = [read(changed(**{key: str(number)}))[key] for number in (lowest, lowest + 1, highest - 1, highest)]
    assert inside == [str(lowest), str(lowest + 1), str(highest - 1), str(highest)]
    assert reason_of(changed(**{key: str(highest + 1)})) is Reason.OUT_OF_RANGE
    assert reason_of(changed(**{key: "9" * 10_000})) is Reason.OUT_OF_RANGE


def test_a_time_in_seconds_is_refused() -> None:
    assert reason_of(changed(request_time_epoch="1767225599")) is Reason.OUT_OF_RANGE


VALUE = st.one_of(
    st.sampled_from(
        ["-", "", "--", "0", "200", "00", "2147483648", "9223372036854775808", "1767225599123", 'a"', "\\", "\x7f"]
    ),
    st.text(max_size=12),
    st.from_regex(r"[0-9]{1,20}", fullmatch=True),
)
SEPARATOR = st.sampled_from([",", ", ", " ,", ",\n"])


@st.composite
def spelled_records(draw: st.DrawFn) -> str:
    """A record that is valid or nearly so: values, keys, order, spacing, escapes and ends vary."""
    record = {**RECORD, **draw(st.dictionaries(st.sampled_from(list(RECORD)), VALUE, max_size=3))}
    pairs = [pair for pair in record.items() if pair[0] not in draw(st.sets(st.sampled_from(list(RECORD)), max_size=2))]
    if draw(st.booleans()):
        pairs += draw(st.lists(st.sampled_from(pairs), max_size=1)) if pairs else []
    if draw(st.integers(0, 3)) == 0:
        pairs = draw(st.permutations(pairs))
    ascii_only, colon, comma = draw(st.booleans()), draw(st.sampled_from([":", ": ", " :"])), draw(SEPARATOR)
    texts = [f"{json.dumps(key)}{colon}{json.dumps(value, ensure_ascii=ascii_only)}" for key, value in pairs]
    return "{" + comma.join(texts) + "}" + draw(st.sampled_from(["", "\n", "\n\n", "\r\n", " ", "x"]))


@st.composite
def damaged_lines(draw: st.DrawFn) -> str:
    """A line of the stage with one stretch of it replaced."""
    start = draw(st.integers(0, len(LINE)))
    end = draw(st.integers(start, min(len(LINE), start + 4)))
    return LINE[:start] + draw(st.text(alphabet='"\\,:{}-01a\n \u00e9', max_size=4)) + LINE[end:]


@given(st.one_of(spelled_records(), damaged_lines(), st.text()))
@example(LINE)
@example(LINE.replace('"-"', '"-","error_type":"-"'))
def test_what_the_plain_reader_reads_the_general_one_reads_alike(line: str) -> None:
    plain = read_plain(line)
    try:
        general = read_any(line)
    except RecordError:
        general = None
    assert plain in (None, general)
    assert plain != {}


@given(st.dictionaries(st.sampled_from(list(VALUES)), VALUE, max_size=4))
def test_a_line_of_the_stage_is_either_plain_or_not_ordinary(values: dict[str, str]) -> None:
    """The plain reader is no dead code: it leaves only unusual characters, numbers near their limits and bad lines."""
    line = log_line({**VALUES, **values})
    ordinary = all(
        text.isascii() and text.isprintable() and '"' not in text and "\\" not in text for text in values.values()
    )
    limits = {"response_length": 18, "request_time_epoch": 13}
    near_limit = any(len(text) > limits.get(key, 9) for key, text in values.items() if key in NUMBERS)
    try:
        expected = read_any(line)
    except RecordError:
        expected = None
    if ordinary and not near_limit and "" not in values.values():
        assert read_plain(line) == expected
