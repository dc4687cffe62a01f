"""What a table's data and metadata ask of whoever reads or writes them, be it a stream, a query or a registration."""

from embedded_aws import iam

OF_BUCKET = ("s3tables:GetTableBucket", "s3tables:GetNamespace")
TO_READ = ("s3tables:GetTable", "s3tables:GetTableMetadataLocation", "s3tables:GetTableData")
TO_WRITE = ("s3tables:PutTableData", "s3tables:UpdateTableMetadataLocation")


def require_table(principal: iam.Principal, bucket_arn: str, table_arn: str, *, write: bool) -> None:
    """Demand what S3 Tables asks for reading a table, or for reading and writing it.

    Raises:
        AccessDeniedError: the principal lacks one of the permissions.
    """
    for action in OF_BUCKET:
        iam.require(principal, action, bucket_arn)
    for action in (*TO_READ, *(TO_WRITE if write else ())):
        iam.require(principal, action, table_arn)
