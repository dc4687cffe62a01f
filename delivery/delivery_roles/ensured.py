"""What the program's own dynamic providers call, by the name of the provider's class."""

from collections.abc import Mapping

from delivery_roles.needs import Needs, needs

_WHO = needs("iam", read="GetRole", scope="deployers")
"""A session's role is asked for its ARN, for Lake Formation knows principals by it."""
_SCHEMA_READ = (
    # The metadata file lies among the table's files, and S3 Tables knows no right to that file alone.
    needs("s3tables", read="GetTableData GetTableMetadataLocation"),
)

DYNAMIC_PROVIDERS: Mapping[str, tuple[Needs, ...]] = {
    "S3TablesCatalogProvider": (
        needs("glue", read="GetCatalog", write="CreateCatalog PassConnection UpdateCatalog", scope="s3-tables-catalog"),
    ),
    "TableVisibleProvider": (needs("glue", read="GetTable"),),
    "TableSchemaProvider": (
        *_SCHEMA_READ,
        # `ALTER TABLE … ADD COLUMNS` is run by Athena with the rights of whoever deploys.
        needs("athena", write="GetQueryExecution StartQueryExecution"),
        needs("glue", write="GetCatalog GetDatabase GetTable UpdateTable"),
        needs("s3tables", write="GetNamespace GetTable GetTableBucket PutTableData UpdateTableMetadataLocation"),
        needs("lakeformation", write="GetDataAccess GrantPermissions RevokePermissions ListPermissions"),
        needs(
            "s3",
            write="AbortMultipartUpload GetBucketLocation GetObject ListBucket ListMultipartUploadParts PutObject",
            scope="query-results",
        ),
        _WHO,
    ),
    "AdministratorsProvider": (
        needs("lakeformation", read="GetDataLakeSettings", write="PutDataLakeSettings"),
        _WHO,
    ),
    "RegistrationProvider": (
        needs(
            "lakeformation",
            read="DescribeResource ListResources",
            write="RegisterResource RegisterResourceWithPrivilegedAccess UpdateResource",
        ),
        needs(
            "iam",
            read="GetRole GetRolePolicy",
            write="CreateRole PutRolePolicy",
            scope="registration-role",
        ),
        needs("iam", write="PassRole", scope="passed-registration-role"),
    ),
    "GrantsEffectiveProvider": (needs("lakeformation", read="ListPermissions"),),
}
