"""DynamoDB tables."""

from collections.abc import Mapping
from typing import Any, ClassVar

import boto3

from embedded_aws.resources._aws import client, found, retag, tag_outputs, tags
from embedded_aws.resources._creator import Creator, InputError, Outputs
from embedded_aws.resources._shape import Shape, from_aws

_GONE = "ResourceNotFoundException"
_ON_DEMAND = "PAY_PER_REQUEST"
_KEYS = {"hashKey": "HASH", "rangeKey": "RANGE"}
_NO_TTL = {"attributeName": "", "enabled": False}
_TTL: Shape = {"attributeName": "AttributeName", "enabled": "Enabled"}


class Table(Creator):
    """`aws.dynamodb.Table`, on demand and without further indexes; its id is its name."""

    pulumi_type = "aws:dynamodb/table:Table"
    shape: ClassVar[Shape] = {
        "name": "TableName",
        "attributes": ("AttributeDefinitions", {"name": "AttributeName", "type": "AttributeType"}),
        "hashKey": "hashKey",
        "rangeKey": "rangeKey",
        "billingMode": "BillingMode",
        "deletionProtectionEnabled": "DeletionProtectionEnabled",
        "pointInTimeRecovery": ("pointInTimeRecovery", {"enabled": "PointInTimeRecoveryEnabled"}),
        "serverSideEncryption": ("SSESpecification", {"enabled": "Enabled", "kmsKeyArn": "KMSMasterKeyId"}),
        "tableClass": "TableClass",
        "ttl": ("ttl", _TTL),
        "tags": "Tags",
    }
    replace_on = frozenset({"name", "hashKey", "rangeKey"})
    named_by = "name"

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:
        database = client(session, "dynamodb")
        keys = [{"AttributeName": args[key], "KeyType": kind} for key, kind in _KEYS.items() if key in args]
        database.create_table(
            TableName=name,
            KeySchema=keys,
            AttributeDefinitions=args.get("AttributeDefinitions", []),
            Tags=tags(args.get("Tags", {})),
            **_settings(name, args),
        )
        database.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 600})
        self._keep_backups(database, name, {}, args)
        self._expire(database, name, {}, args)
        return name

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the table's keys, settings and tags."""
        database = client(session, "dynamodb")
        answer = found(database.describe_table, _GONE, TableName=id_)
        if answer is None:
            return None
        table = answer["Table"]
        kinds = {key["KeyType"]: key["AttributeName"] for key in table["KeySchema"]}
        backups = database.describe_continuous_backups(TableName=id_)["ContinuousBackupsDescription"]
        recovery = backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus")
        expiry = database.describe_time_to_live(TableName=id_)["TimeToLiveDescription"]
        listed = database.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]
        return {
            "name": id_,
            "arn": table["TableArn"],
            "attributes": from_aws({"attributes": self.shape["attributes"]}, table)["attributes"],
            **{key: kinds[kind] for key, kind in _KEYS.items() if kind in kinds},
            "billingMode": table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
            "deletionProtectionEnabled": table.get("DeletionProtectionEnabled", False),
            "pointInTimeRecovery": {"enabled": recovery == "ENABLED"},
            **_encryption(table),
            "readCapacity": 0,
            "writeCapacity": 0,
            "streamEnabled": False,
            "streamArn": "",
            "streamLabel": "",
            "tableClass": table.get("TableClassSummary", {}).get("TableClass", "STANDARD"),
            "ttl": _NO_TTL
            if expiry["TimeToLiveStatus"] != "ENABLED"
            else {"attributeName": expiry["AttributeName"], "enabled": True},
            "region": session.region_name,
            **tag_outputs(listed),
        }

    def _update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], args: dict[str, Any]) -> None:
        database = client(session, "dynamodb")
        if changed := _changed_settings(olds, _settings(id_, args)):  # DynamoDB refuses an update that changes nothing
            database.update_table(TableName=id_, **changed)
        self._keep_backups(database, id_, olds, args)
        self._expire(database, id_, olds, args)
        retag(
            olds,
            args.get("Tags", {}),
            lambda changed: database.tag_resource(ResourceArn=olds["arn"], Tags=tags(changed)),
            lambda gone: database.untag_resource(ResourceArn=olds["arn"], TagKeys=gone),
        )

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:  # noqa: ARG002 - the id is enough
        """Delete the table with its items; deletion protection is for DynamoDB to enforce."""
        found(client(session, "dynamodb").delete_table, _GONE, TableName=id_)

    def _keep_backups(self, database: Any, name: str, olds: Mapping[str, Any], args: Mapping[str, Any]) -> None:
        wanted = {"PointInTimeRecoveryEnabled": False} | args.get("pointInTimeRecovery", {})
        if wanted["PointInTimeRecoveryEnabled"] != olds.get("pointInTimeRecovery", {}).get("enabled", False):
            database.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=wanted)

    def _expire(self, database: Any, name: str, olds: Mapping[str, Any], args: Mapping[str, Any]) -> None:
        before, wanted = olds.get("ttl", _NO_TTL), from_aws(_TTL, args.get("ttl", {})) or _NO_TTL
        # DynamoDB refuses to turn off what is off, and needs the attribute's name to turn it off.
        for state in (before | {"enabled": False}, wanted):
            if before != wanted and state["enabled"] != before["enabled"]:
                specification = {"AttributeName": state["attributeName"], "Enabled": state["enabled"]}
                database.update_time_to_live(TableName=name, TimeToLiveSpecification=specification)
                before = state


def _settings(name: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """What both CreateTable and UpdateTable take."""
    mode = args.get("BillingMode", "PROVISIONED")
    if mode != _ON_DEMAND:
        raise InputError(f"{Table.pulumi_type} {name}: billingMode must be {_ON_DEMAND}, got {mode}")
    settings = {"BillingMode": mode}
    settings |= {key: args[key] for key in ("DeletionProtectionEnabled", "TableClass") if key in args}
    if encryption := args.get("SSESpecification"):
        # DynamoDB takes a key's name only together with the kind of encryption.
        settings["SSESpecification"] = encryption | ({"SSEType": "KMS"} if encryption.get("Enabled") else {})
    return settings


def _changed_settings(olds: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    before = {"DeletionProtectionEnabled": olds["deletionProtectionEnabled"], "TableClass": olds["tableClass"]}
    wanted: dict[str, Any] = {"DeletionProtectionEnabled": False, "TableClass": "STANDARD"} | dict(settings)
    changed = {key: wanted[key] for key, value in before.items() if wanted[key] != value}
    was, shall = olds.get("serverSideEncryption", {}), wanted.get("SSESpecification", {"Enabled": False})
    another_key = shall.get("KMSMasterKeyId", was.get("kmsKeyArn")) != was.get("kmsKeyArn")
    if bool(shall.get("Enabled")) != bool(was.get("enabled")) or another_key:
        changed["SSESpecification"] = shall
    return changed


def _encryption(table: Mapping[str, Any]) -> Outputs:
    description = table.get("SSEDescription", {})
    if description.get("Status") != "ENABLED":
        return {}
    key = {"kmsKeyArn": description["KMSMasterKeyArn"]} if "KMSMasterKeyArn" in description else {}
    return {"serverSideEncryption": {"enabled": True, **key}}


CREATORS: tuple[Creator, ...] = (Table(),)
