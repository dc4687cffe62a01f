"""Glue databases of the account's own catalog, resource links among them."""

from collections.abc import Mapping
from typing import Any, ClassVar

import boto3

from embedded_aws.resources._aws import account, arn, client, found, retag, tag_outputs
from embedded_aws.resources._creator import Creator, Outputs
from embedded_aws.resources._shape import Shape, from_aws

_GONE = "EntityNotFoundException"


class CatalogDatabase(Creator):
    """`aws.glue.CatalogDatabase`; its id is `<catalog id>:<name>`."""

    pulumi_type = "aws:glue/catalogDatabase:CatalogDatabase"
    shape: ClassVar[Shape] = {
        "name": "Name",
        "catalogId": "CatalogId",
        "description": "Description",
        "locationUri": "LocationUri",
        "parameters": "Parameters",
        "targetDatabase": (
            "TargetDatabase",
            {"catalogId": "CatalogId", "databaseName": "DatabaseName", "region": "Region"},
        ),
        "createTableDefaultPermissions": (
            "CreateTableDefaultPermissions",
            {
                "permissions": "Permissions",
                "principal": ("Principal", {"dataLakePrincipalIdentifier": "DataLakePrincipalIdentifier"}),
            },
        ),
        "tags": "Tags",
    }
    replace_on = frozenset({"name", "catalogId", "targetDatabase"})
    named_by = "name"

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:
        catalog = args.get("CatalogId", account(session))
        database = _input(args) | {"Name": name}
        client(session, "glue").create_database(CatalogId=catalog, DatabaseInput=database, Tags=args.get("Tags", {}))
        return f"{catalog}:{name}"

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the database."""
        catalog, name = id_.rsplit(":", 1)
        glue = client(session, "glue")
        answer = found(glue.get_database, _GONE, CatalogId=catalog, Name=name)
        if answer is None:
            return None
        address = arn(session, "glue", f"database/{name}")
        read = from_aws({key: aws for key, aws in self.shape.items() if key != "tags"}, answer["Database"])
        return {
            **{key: value for key, value in read.items() if value not in ("", {}, [])},
            "arn": address,
            "region": session.region_name,
            **tag_outputs(glue.get_tags(ResourceArn=address).get("Tags")),
        }

    def _update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], args: dict[str, Any]) -> None:
        catalog, name = id_.rsplit(":", 1)
        glue, address = client(session, "glue"), olds["arn"]
        glue.update_database(CatalogId=catalog, Name=name, DatabaseInput=_input(args) | {"Name": name})
        retag(
            olds,
            args.get("Tags", {}),
            lambda changed: glue.tag_resource(ResourceArn=address, TagsToAdd=changed),
            lambda gone: glue.untag_resource(ResourceArn=address, TagsToRemove=gone),
        )

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:  # noqa: ARG002 - the id is enough
        """Delete the database; of a link the link alone."""
        catalog, name = id_.rsplit(":", 1)
        found(client(session, "glue").delete_database, _GONE, CatalogId=catalog, Name=name)


def _input(args: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in args.items() if key not in {"CatalogId", "Tags"}}


CREATORS: tuple[Creator, ...] = (CatalogDatabase(),)
