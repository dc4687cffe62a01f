"""Configuration of billing: who sells, when bills are made, and by what."""

import pytest

from tests.unit.components.settings_kit import errors, read

CRON = (
    "must be a cron expression such as cron(0 6 * * ? *): minute, hour, day, month, weekday, year, with ? for either"
    " day or weekday"
)


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("graceHours", "24", "must be a whole number from 25 to 672"),
        ("graceHours", "673", "must be a whole number from 25 to 672"),
        ("lateUsageMonths", "13", "must be a whole number from 0 to 12"),
        ("paymentTermsDays", "-1", "must be a whole number from 0 to 365"),
        ("invoiceRetentionDays", "30", "must be a whole number from 31 to 36500"),
        ("invoiceRetentionDays", "36501", "must be a whole number from 31 to 36500"),
        ("invoicePrefix", "inv", "must be 1 to 10 capital letters and digits"),
        ("invoicePrefix", "CN", "must not be that of credit notes"),
        ("creditNotePrefix", "", "must be 1 to 10 capital letters and digits"),
        ("billingSchedule", "cron(0 6 * * ?)", CRON),
        ("billingSchedule", "cron(0 6 * * * *)", CRON),
        ("billingSchedule", "cron(0 6 ? * ? *)", CRON),
        ("billingSchedule", "rate(1 day)", CRON),
        ("usageRollupSchedule", "rate(1 hour)", CRON),
        ("sellerTaxId", "DE1", "must be empty without a sellerName"),
        ("sellerEmail", "a@b", "must be empty without a sellerName"),
        ("sellerEmail", "a b@c", "must be an e-mail address of at most 200 characters or empty"),
        ("sellerName", "two\nlines", "must be one line of 1 to 200 characters or empty"),
        ("sellerName", "x" * 201, "must be one line of 1 to 200 characters or empty"),
    ],
)
def test_a_wrong_value_is_named_with_its_key_and_rule(key: str, value: str, rule: str) -> None:
    assert errors({key: value}) == [f"saas-metering:{key}: {rule}, got {value!r}"]


def test_a_seller_is_whole_or_not_there() -> None:
    address = '["1 Example Street", "Dublin"]'
    assert "seller" not in read({}).billing
    whole = {
        "sellerName": "Example Ltd",
        "sellerAddress": address,
        "sellerTaxId": "IE1",
        "sellerEmail": "a@example.com",
    }
    assert read(whole).billing["seller"] == {
        "legal_name": "Example Ltd",
        "address": ["1 Example Street", "Dublin"],
        "tax_id": "IE1",
        "email": "a@example.com",
    }
    least = {"sellerName": "Example Ltd", "sellerAddress": address}
    assert read(least).billing["seller"] == {"legal_name": "Example Ltd", "address": ["1 Example Street", "Dublin"]}
    assert errors({"sellerName": "Example Ltd"}) == [
        "saas-metering:sellerAddress: must have a line or more, since there is a sellerName, got []"
    ]
    assert errors({"sellerName": "Example Ltd", "sellerAddress": '[""]'}) == [
        "saas-metering:sellerAddress: must be a list, each item must be one line of 1 to 200 characters, got '[\"\"]'"
    ]
    assert errors({"sellerAddress": address}) == [
        "saas-metering:sellerAddress: must be empty without a sellerName, got ['1 Example Street', 'Dublin']"
    ]


@pytest.mark.parametrize("expression", ["cron(0 6 ? * MON-FRI *)", "cron(15/30 6,18 */3 * ? 2026-2030)"])
def test_a_schedule_may_be_any_cron_expression_of_scheduler(expression: str) -> None:
    assert read({"billingSchedule": expression, "missedRunHours": "100"}).billing["schedule"] == expression
