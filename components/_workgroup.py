"""An Athena workgroup whose settings hold whatever a query asks for, and the bucket of its results."""

import pulumi
import pulumi_aws as aws

from components._bucket import expire, private_bucket
from components.queried_lake import RESULTS_PREFIX

MIB = 1024 * 1024


def athena_workgroup(
    name: str,
    *,
    result_retention_days: int,
    query_scan_limit_mib: int,
    force_destroy: bool,
    opts: pulumi.ResourceOptions,
) -> tuple[aws.athena.Workgroup, aws.s3.Bucket]:
    """Make the workgroup and the bucket that it writes results to.

    Args:
        name: what the logical names begin with.
        result_retention_days: days that results are kept, at least 1.
        query_scan_limit_mib: MiB that one query may scan, at least 10.
        force_destroy: whether destroying the stack may remove both while they hold something.
        opts: options of every resource made here.
    """
    results = private_bucket(
        f"{name}-results", rules=[expire(result_retention_days)], force_destroy=force_destroy, opts=opts
    )
    workgroup = aws.athena.Workgroup(
        f"{name}-workgroup",
        configuration={
            # Whoever queries here does so with these limits, whatever the request says.
            "enforce_workgroup_configuration": True,
            "publish_cloudwatch_metrics_enabled": True,
            "bytes_scanned_cutoff_per_query": query_scan_limit_mib * MIB,
            "engine_version": {"selected_engine_version": "Athena engine version 3"},
            "result_configuration": {
                "output_location": pulumi.Output.concat("s3://", results.bucket, "/", RESULTS_PREFIX),
                "encryption_configuration": {"encryption_option": "SSE_S3"},
            },
        },
        force_destroy=force_destroy,
        opts=opts,
    )
    return workgroup, results
