"""What the stack's configuration decides about billing."""

from typing import NotRequired, TypedDict

from components import _rules
from components._config import ConfigReader
from components.catalog import CatalogError, read_catalog
from components.seller import SellerArgs


class BillingSettings(TypedDict):
    """What the configuration decides about `UsageBilling`."""

    catalog: str
    seller: NotRequired[SellerArgs]
    payment_terms_days: int
    grace_hours: int
    late_usage_months: int
    retention_days: int
    invoice_prefix: str
    credit_note_prefix: str
    require_reconciliation: bool
    schedule: str
    rollup_schedule: str
    log_retention_days: int
    protect: bool


def billing_settings(reader: ConfigReader, *, protect: bool, log_retention_days: int) -> BillingSettings:
    """Read every key of billing, and the catalog that one of them names."""
    settings = BillingSettings(
        catalog=_catalog(reader),
        payment_terms_days=reader.integer("paymentTermsDays", 14, _rules.PAYMENT_TERMS_DAYS),
        grace_hours=reader.integer("graceHours", 72, _rules.GRACE_HOURS),
        late_usage_months=reader.integer("lateUsageMonths", 3, _rules.LATE_USAGE_MONTHS),
        retention_days=reader.integer("invoiceRetentionDays", 3650, _rules.INVOICE_RETENTION_DAYS),
        invoice_prefix=reader.text("invoicePrefix", "INV", _rules.NUMBER_PREFIX),
        credit_note_prefix=reader.text("creditNotePrefix", "CN", _rules.NUMBER_PREFIX),
        require_reconciliation=reader.boolean("requireReconciliation", default=True),
        schedule=reader.text("billingSchedule", _rules.DAILY, _rules.CRON),
        rollup_schedule=reader.text("usageRollupSchedule", _rules.HOURLY, _rules.CRON),
        log_retention_days=log_retention_days,
        protect=protect,
    )
    if settings["invoice_prefix"] == settings["credit_note_prefix"]:
        reader.reject("invoicePrefix", "must not be that of credit notes", settings["invoice_prefix"])
    seller = _seller(reader)
    if seller:
        settings["seller"] = seller
    return settings


def _catalog(reader: ConfigReader) -> str:
    file = reader.text("catalogFile", "catalog.yaml")
    try:
        return read_catalog(file)
    except CatalogError as error:
        reader.errors += [f"{file}: {problem}" for problem in error.problems]
        return ""


def _seller(reader: ConfigReader) -> SellerArgs | None:
    """Read who sells; without a name there must be nothing else, and with one an address."""
    name = reader.text("sellerName", "", _rules.optional(_rules.LINE))
    address = reader.texts("sellerAddress", _rules.LINE)
    tax_id = reader.text("sellerTaxId", "", _rules.optional(_rules.LINE))
    email = reader.text("sellerEmail", "", _rules.optional(_rules.EMAIL))
    if not name:
        for key, value in (("sellerAddress", list(address)), ("sellerTaxId", tax_id), ("sellerEmail", email)):
            if value:
                reader.reject(key, "must be empty without a sellerName", value)
        return None
    if not address and "sellerAddress" not in reader.rejected:
        reader.reject("sellerAddress", "must have a line or more, since there is a sellerName", [])
    seller = SellerArgs(legal_name=name, address=list(address))
    if tax_id:
        seller["tax_id"] = tax_id
    if email:
        seller["email"] = email
    return seller
