"""The engine against the live embedded AWS, with small programs: what Pulumi promises of an `up`, it keeps."""

import pytest

from embedded_aws.engine import DeploymentError, Kind, Operation, ProtectedError
from tests.embedded.engine_kit import Folder, buckets


def test_outputs_of_one_resource_reach_the_next_and_the_exports(folder: Folder) -> None:
    exports, done = folder.up("""
        bucket = aws.s3.Bucket("store")
        block = aws.s3.BucketPublicAccessBlock("block", bucket=bucket.bucket, block_public_acls=True)
        pulumi.export("name", bucket.bucket)
        pulumi.export("arn", bucket.arn)
        pulumi.export("same", block.bucket.apply(lambda name: name.upper()))
    """)
    name = exports["name"]
    assert exports == {"name": name, "arn": f"arn:aws:s3:::{name}", "same": name.upper()}
    assert done == {"store": "create", "block": "create"}
    assert name in buckets(folder.aws)


def test_a_second_up_changes_nothing_and_keeps_the_auto_names(folder: Folder) -> None:
    program = """
        role = aws.iam.Role("role", assume_role_policy=json.dumps(TRUST))
        pulumi.export("role", role.name)
    """
    first, _ = folder.up(program)
    again, done = folder.up(program)
    assert (again, done) == (first, {"role": "same"})


def test_an_input_changes_in_place(folder: Folder) -> None:
    program = 'pulumi.export("id", aws.cloudwatch.LogGroup("logs", retention_in_days={days}).id)'
    first, _ = folder.up(program.format(days=7))
    again, done = folder.up(program.format(days=14))
    assert (again, done) == (first, {"logs": "update"})
    groups = folder.aws.session().client("logs").describe_log_groups(logGroupNamePrefix=first["id"])["logGroups"]
    assert [group["retentionInDays"] for group in groups] == [14]


def test_a_replacement_is_made_before_the_old_one_goes(folder: Folder) -> None:
    program = """
        bucket = aws.s3.Bucket("store", bucket_prefix="{prefix}-")
        aws.s3.BucketPublicAccessBlock("block", bucket=bucket.bucket)
        pulumi.export("name", bucket.bucket)
    """
    first, _ = folder.up(program.format(prefix="one"))
    folder.events.clear()
    second, done = folder.up(program.format(prefix="two"))
    assert done == {"store": "replace", "block": "replace"}
    assert buckets(folder.aws) & {first["name"], second["name"]} == {second["name"]}
    steps = [(event.name, str(event.operation)) for event in folder.events if event.kind is Kind.DONE]
    assert steps == [("store", "replace"), ("block", "replace"), ("block", "delete"), ("store", "delete")]


def test_an_explicitly_named_resource_goes_first_with_what_cannot_outlive_it(folder: Folder) -> None:
    program = """
        group = aws.cloudwatch.LogGroup("group", name="/engine/{name}", log_group_class="{kind}")
        aws.cloudwatch.LogStream("stream", name="s", log_group_name=group.name)
    """
    name = folder.project
    folder.up(program.format(name=name, kind="STANDARD"))
    folder.events.clear()
    _, done = folder.up(program.format(name=name, kind="INFREQUENT_ACCESS"))
    assert done == {"group": "replace", "stream": "replace"}
    started = [event.name for event in folder.events if event.kind is Kind.DONE]
    assert started == ["stream", "group", "group", "stream"]
    streams = folder.aws.session().client("logs").describe_log_streams(logGroupName=f"/engine/{name}")["logStreams"]
    assert [stream["logStreamName"] for stream in streams] == ["s"]


def test_what_the_program_no_longer_has_is_deleted_at_the_end(folder: Folder) -> None:
    both, _ = folder.up("""
        pulumi.export("a", aws.s3.Bucket("a").bucket)
        pulumi.export("b", aws.s3.Bucket("b").bucket)
    """)
    _, done = folder.up('pulumi.export("a", aws.s3.Bucket("a").bucket)')
    assert done == {"a": "same", "b": "delete"}
    assert buckets(folder.aws) & set(both.values()) == {both["a"]}


def test_what_is_protected_is_neither_deleted_nor_replaced_nor_destroyed(folder: Folder) -> None:
    protected = """
        bucket = aws.s3.Bucket("kept", bucket_prefix="{prefix}", opts=pulumi.ResourceOptions(protect=True))
        aws.s3.BucketPublicAccessBlock("block", bucket=bucket.bucket)
        pulumi.export("name", bucket.bucket)
    """
    exports, _ = folder.up(protected.format(prefix="one-"))
    with pytest.raises(ProtectedError, match=r"no longer in the program, but protected: .*::kept"):
        folder.up("")
    with pytest.raises(DeploymentError, match=r"::kept: create failed: it is protected, and bucketPrefix cannot"):
        folder.up(protected.format(prefix="two-"))
    with pytest.raises(ProtectedError, match=r"protected, so neither deleted nor what they depend on: .*::kept"):
        folder.stack.destroy()
    assert exports["name"] in buckets(folder.aws)
    assert [resource.name for resource in folder.stack.resources] == ["kept"]


def test_what_is_retained_stays_when_the_program_drops_it(folder: Folder) -> None:
    exports, _ = folder.up(
        'pulumi.export("name", aws.s3.Bucket("a", opts=pulumi.ResourceOptions(retain_on_delete=True)).bucket)'
    )
    _, done = folder.up("")
    assert (done, folder.stack.resources) == ({"a": "delete"}, [])
    assert exports["name"] in buckets(folder.aws)
    folder.aws.session().client("s3").delete_bucket(Bucket=exports["name"])


def test_ignored_changes_stay_as_they_were(folder: Folder) -> None:
    program = """
        aws.cloudwatch.LogGroup("logs", retention_in_days={days}, tags={{"n": "{tag}"}},
                                opts=pulumi.ResourceOptions(ignore_changes=["retentionInDays"]))
    """
    folder.up(program.format(days=7, tag="1"))
    _, same = folder.up(program.format(days=14, tag="1"))
    _, tagged = folder.up(program.format(days=14, tag="2"))
    assert (same, tagged) == ({"logs": "same"}, {"logs": "update"})
    assert folder.stack.resources[0].outputs["retentionInDays"] == 7


def test_a_renamed_resource_with_an_alias_stays(folder: Folder) -> None:
    first, _ = folder.up('pulumi.export("name", aws.s3.Bucket("old").bucket)')
    again, done = folder.up(
        'pulumi.export("name", aws.s3.Bucket("new", opts=pulumi.ResourceOptions('
        'aliases=[pulumi.Alias(name="old")])).bucket)'
    )
    assert (again, done) == (first, {"new": "same"})


def test_refresh_sees_what_went_and_what_changed_behind_the_back(folder: Folder) -> None:
    program = """
        pulumi.export("bucket", aws.s3.Bucket("gone").bucket)
        pulumi.export("group", aws.cloudwatch.LogGroup("changed", retention_in_days=7).name)
    """
    exports, _ = folder.up(program)
    folder.aws.session().client("s3").delete_bucket(Bucket=exports["bucket"])
    folder.aws.session().client("logs").put_retention_policy(logGroupName=exports["group"], retentionInDays=1)
    seen = {urn.rsplit("::", 1)[-1]: str(done) for urn, done in folder.stack.refresh().changes.items()}
    assert seen == {"gone": "delete", "changed": "update"}
    again, done = folder.up(program)
    assert done == {"gone": "create", "changed": "update"}
    assert again["bucket"] in buckets(folder.aws)
    assert folder.stack.resources[-1].outputs.get("retentionInDays") in (7, None)
    assert set(folder.stack.refresh().changes.values()) == {Operation.SAME}


def test_a_preview_says_what_an_up_would_do_and_does_nothing(folder: Folder) -> None:
    before = buckets(folder.aws)
    program = """
        bucket = aws.s3.Bucket("b", bucket_prefix="{prefix}")
        aws.s3.BucketPublicAccessBlock("block", bucket=bucket.bucket)
        pulumi.export("arn", bucket.arn)
        pulumi.export("fixed", "value")
    """
    folder.write(program.format(prefix="one-"))
    first = folder.stack.preview()
    assert (first.exports, first.counts) == ({"fixed": "value"}, {Operation.CREATE: 2})
    assert (buckets(folder.aws), folder.stack.resources) == (before, [])
    folder.stack.up()
    assert folder.stack.preview().counts == {Operation.SAME: 2}
    folder.write(program.format(prefix="two-"))
    assert folder.stack.preview().counts == {Operation.REPLACE: 2}
    folder.write("")
    assert folder.stack.preview().counts == {Operation.DELETE: 2}
    assert len(folder.stack.resources) == 2
