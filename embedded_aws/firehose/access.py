"""What the real Firehose calls with a stream's role, checked against that role's policies before each such call.

The list is AWS's ("Grant Firehose access to S3 Tables"), not what some program happens to grant, so that a permission
missing from a program fails here as it would there. Where Lake Formation decides about the table, it is asked too, and
its registration's role takes the place of the stream's role in S3 Tables.
"""

from embedded_aws import iam
from embedded_aws.firehose.configuration import Destination, LogStream, Transform
from embedded_aws.firehose.records import StreamName
from embedded_aws.glue import arns
from embedded_aws.glue.catalogs import CatalogId
from embedded_aws.lake_formation import access as lake_formation
from embedded_aws.lake_formation import registrations
from embedded_aws.lake_formation.access import DESCRIBE, EVERYTHING
from embedded_aws.lake_formation.resources import Database, Table
from embedded_aws.s3_tables import needed

_BUCKET = ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads")
_OBJECT = ("s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject")


def assume(stream: StreamName, role_arn: str) -> iam.Principal:
    """Assume a role as Firehose does for a stream.

    Raises:
        AccessDeniedError: no such role, or its trust policy does not let Firehose act for this stream.
    """
    context = {
        "sts:ExternalId": stream.account,
        "aws:SourceAccount": stream.account,
        "aws:SourceArn": stream.arn,
    }
    return iam.service_role(role_arn, "firehose.amazonaws.com", context, stream.name)


def read_catalog(principal: iam.Principal, destination: Destination) -> None:
    """Demand what CreateDeliveryStream needs: to see the table in Glue."""
    iam.require(principal, "glue:GetTable", *_table_arns(destination))


def write_table(principal: iam.Principal, destination: Destination) -> None:
    """Demand what a commit calls in Glue: look the table up, and point it to its new metadata."""
    catalog = catalog_of(destination)
    iam.require(principal, "glue:GetDatabase", *arns.database_arns(catalog, destination.database))
    iam.require(principal, "glue:GetTable", *_table_arns(destination))
    iam.require(principal, "glue:UpdateTable", *_table_arns(destination))


def see_in_lake_formation(principal: iam.Principal, destination: Destination) -> None:
    """Demand what CreateDeliveryStream needs of Lake Formation where that decides.

    Raises:
        InsufficientPermissionsError: the role may not see the table or its database.
    """
    if lake_formation.decides():
        lake_formation.demand(principal, DESCRIBE, *_of_lake_formation(destination))


def write_by_lake_formation(
    principal: iam.Principal, destination: Destination, bucket_arn: str, table_arn: str
) -> None:
    """Demand what a commit needs where Lake Formation decides.

    Raises:
        InsufficientPermissionsError: the role may not see the database, or lacks ALL on the table.
        AccessDeniedError: its policies do not let it ask Lake Formation for credentials.
        NoCredentialsError: Lake Formation has none to hand out.
    """
    database, table = _of_lake_formation(destination)
    lake_formation.demand(principal, DESCRIBE, database)
    lake_formation.demand(principal, EVERYTHING, table)
    iam.require(principal, "lakeformation:GetDataAccess", "*")
    registrations.hand_out(bucket_arn, table_arn, write=True)


def write_table_data(principal: iam.Principal, bucket_arn: str, table_arn: str) -> None:
    """Demand what a commit calls in S3 Tables."""
    needed.require_table(principal, bucket_arn, table_arn, write=True)


def write_errors(principal: iam.Principal, bucket_arn: str, key: str) -> None:
    """Demand what Firehose calls to put an object, in parts if it is large."""
    for action in _BUCKET:
        iam.require(principal, action, bucket_arn)
    for action in _OBJECT:
        iam.require(principal, action, f"{bucket_arn}/{key}")


def invoke(principal: iam.Principal, transform: Transform) -> None:
    """Demand what Firehose calls of the transform function; AWS's documents name it with and without its qualifier."""
    unqualified = ":".join(transform.lambda_arn.split(":")[:7])
    iam.require(principal, "lambda:GetFunctionConfiguration", unqualified, transform.lambda_arn)
    iam.require(principal, "lambda:InvokeFunction", transform.lambda_arn)


def write_log(principal: iam.Principal, stream: StreamName, log: LogStream) -> None:
    """Demand what Firehose calls to report an error."""
    partition = stream.arn.split(":")[1]
    arn = f"arn:{partition}:logs:{stream.region}:{stream.account}:log-group:{log.group}:log-stream:{log.stream}"
    iam.require(principal, "logs:PutLogEvents", arn)


def catalog_of(destination: Destination) -> CatalogId:
    """Give the Glue catalog of a destination."""
    head, _, path = destination.catalog_arn.partition(":catalog/")
    return CatalogId(head.split(":")[4], path)


def _of_lake_formation(destination: Destination) -> tuple[Database, Table]:
    catalog = catalog_of(destination).id
    database = Database(catalog, destination.database)
    return database, Table(catalog, destination.database, destination.table)


def _table_arns(destination: Destination) -> list[str]:
    return arns.table_arns(catalog_of(destination), destination.database, destination.table)
