"""The stack's configuration as typed settings, checked as a whole before any resource is registered."""

from dataclasses import dataclass
from typing import TypedDict

import pulumi

from components import _rules
from components._aws_config import identity_errors
from components._billing_settings import BillingSettings, billing_settings
from components._config import ConfigReader, all_keys
from components._ensure.catalog import IAM, LAKE_FORMATION
from components._ingest_settings import IngestSettings, ingest_settings, project_and_stack, table_names
from components._operations_settings import OperationsSettings, operations_settings
from components.lake_args import GRANTEE, MODES, NO_ADMINISTRATOR


class LakeSettings(TypedDict):
    """What the configuration decides about `StorageLake`."""

    table_bucket_name: str
    namespace: str
    access_control: str
    switch_access_control: bool
    readers: list[str]
    administrators: list[str]
    protect: bool
    unreferenced_days: int
    non_current_days: int
    result_retention_days: int
    query_scan_limit_mib: int


class CustomerSettings(TypedDict):
    """What the configuration decides about `CustomerApi`."""

    catalog: str
    log_retention_days: int


class ApiSettings(TypedDict):
    """What the configuration decides about `MeteredApi`."""

    stage_name: str
    keep_source_ips: bool
    self_sign_up: bool
    throttle_rate: int
    throttle_burst: int
    protect: bool


@dataclass(frozen=True)
class Settings:
    """The stack's configuration as arguments of the components; `Pulumi.yaml` describes each key."""

    table_name: str
    events_table_name: str
    tombstones_table_name: str
    log_retention_days: int
    lake: LakeSettings
    ingest: IngestSettings
    events_ingest: IngestSettings
    billing: BillingSettings
    customer: CustomerSettings
    api: ApiSettings
    operations: OperationsSettings


def read_settings() -> Settings:
    """Read and check the whole configuration.

    Raises:
        pulumi.RunError: something is wrong; one line per fault, with its key, the rule and the value.
    """
    reader = ConfigReader(pulumi.get_project())
    settings = _settings(reader)
    errors = [
        *reader.errors,
        *(f"{reader.namespace}:{name}: is no key of this project, see Pulumi.yaml" for name in reader.unknown_keys()),
        *identity_errors(pulumi.Config("aws").get, all_keys()),
    ]
    if errors:
        raise pulumi.RunError("the stack's configuration is wrong:\n" + "\n".join(f"  {line}" for line in errors))
    return settings


def _settings(reader: ConfigReader) -> Settings:
    """Read every key; the defaults are those of `Pulumi.yaml`, which only the Pulumi CLI fills in."""
    log_retention_days = reader.one_of("logRetentionDays", 30, _rules.LOG_RETENTION_DAYS)
    protect = reader.boolean("protect", default=True)
    lake = _lake(reader, protect=protect)
    table_name, events_table_name, tombstones_table_name = table_names(reader)
    billing = billing_settings(reader, protect=protect, log_retention_days=log_retention_days)
    catalog = billing["catalog"]
    ingest, events_ingest = ingest_settings(
        reader, catalog=catalog, protect=protect, log_retention_days=log_retention_days
    )
    return Settings(
        table_name=table_name,
        events_table_name=events_table_name,
        tombstones_table_name=tombstones_table_name,
        log_retention_days=log_retention_days,
        lake=lake,
        ingest=ingest,
        events_ingest=events_ingest,
        billing=billing,
        customer=CustomerSettings(catalog=catalog, log_retention_days=log_retention_days),
        api=_api(reader, protect=protect),
        operations=operations_settings(
            reader,
            billing_schedule=billing["schedule"],
            error_retention_days=ingest["error_retention_days"],
            protect=protect,
            log_retention_days=log_retention_days,
        ),
    )


def _lake(reader: ConfigReader, *, protect: bool) -> LakeSettings:
    access_control = _access_control(reader)
    readers, administrators = _principals(reader, access_control)
    return LakeSettings(
        table_bucket_name=_table_bucket_name(reader),
        namespace=reader.text("namespace", "metering", _rules.NAMESPACE),
        access_control=access_control,
        switch_access_control=reader.boolean("switchAccessControl", default=False),
        readers=readers,
        administrators=administrators,
        protect=protect,
        unreferenced_days=reader.integer("unreferencedDays", 3, _rules.DAYS),
        non_current_days=reader.integer("nonCurrentDays", 10, _rules.DAYS),
        result_retention_days=reader.integer("resultRetentionDays", 30, _rules.DAYS),
        query_scan_limit_mib=reader.integer("queryScanLimitMiB", 102_400, _rules.QUERY_SCAN_LIMIT_MIB),
    )


def _api(reader: ConfigReader, *, protect: bool) -> ApiSettings:
    return ApiSettings(
        stage_name=reader.text("stageName", "v1", _rules.STAGE_NAME),
        keep_source_ips=reader.boolean("keepSourceIps", default=True),
        self_sign_up=reader.boolean("selfSignUp", default=False),
        throttle_rate=reader.integer("throttleRate", 100, _rules.THROTTLE),
        throttle_burst=reader.integer("throttleBurst", 200, _rules.THROTTLE),
        protect=protect,
    )


def _access_control(reader: ConfigReader) -> str:
    mode = reader.text("accessControl", IAM)
    if mode in MODES:
        return mode
    reader.reject("accessControl", f"must be one of {', '.join(MODES)}", mode)
    return IAM


def _principals(reader: ConfigReader, access_control: str) -> tuple[list[str], list[str]]:
    """Read who Lake Formation lets read, and who administers it; neither means anything where it does not decide."""
    principals = {
        "lakeFormationReaders": reader.texts("lakeFormationReaders", GRANTEE),
        "lakeFormationAdmins": reader.texts("lakeFormationAdmins", GRANTEE),
    }
    for key, arns in principals.items():
        if arns and access_control != LAKE_FORMATION:
            reader.reject(key, f"must be empty unless accessControl is {LAKE_FORMATION}", list(arns))
    readers, administrators = (list(dict.fromkeys(arns)) for arns in principals.values())
    both = [arn for arn in readers if arn in administrators]
    if both:
        reader.reject("lakeFormationReaders", f"{NO_ADMINISTRATOR} of lakeFormationAdmins", both)
    return readers, administrators


def _table_bucket_name(reader: ConfigReader) -> str:
    name = reader.text("tableBucketName", "") or project_and_stack()
    if not _rules.TABLE_BUCKET_NAME.holds(name):
        reader.reject("tableBucketName", f"the name, <project>-<stack> if empty, {_rules.TABLE_BUCKET_NAME.says}", name)
    return name
