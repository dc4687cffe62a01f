"""The engine against the live embedded AWS, with small programs: what Pulumi promises of an `up`, it keeps."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from embedded_aws.engine import (
    DeploymentError,
    Kind,
    Operation,
    ProgramError,
    ProtectedError,
    ResourceError,
    ResourceEvent,
    Stack,
    UnknownTypeError,
)
from embedded_aws.engine.errors import EngineError
from embedded_aws.server import EmbeddedAws

PREAMBLE = """
import json
import pulumi
import pulumi_aws as aws

TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
ALLOW = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"}]}
"""

Write = Callable[..., Stack]


class Folder:
    """A Pulumi project in a folder of its own; `write` changes the program under the same stack."""

    def __init__(self, aws: EmbeddedAws, path: Path) -> None:
        self.aws, self.path = aws, path
        self.project = f"p{abs(hash(path)) % 10**8}"
        self.events: list[ResourceEvent] = []
        (path / "Pulumi.yaml").write_text(f"name: {self.project}\nruntime: python\n")
        self.stack = self.new_stack()

    def new_stack(self, **config: str) -> Stack:
        return Stack(self.path, "test", self.aws.session(), self.events.append, config)

    def write(self, program: str) -> None:
        (self.path / "__main__.py").write_text(PREAMBLE + dedent(program))

    def up(self, program: str) -> tuple[dict[str, Any], dict[str, str]]:
        """Write the program, bring it up, and give its exports and what was done, by logical name."""
        self.write(program)
        result = self.stack.up()
        return dict(result.exports), {urn.rsplit("::", 1)[-1]: str(done) for urn, done in result.changes.items()}


@pytest.fixture
def folder(aws: EmbeddedAws, tmp_path: Path) -> Any:
    made = Folder(aws, tmp_path)
    yield made
    for resource in made.stack.resources:
        resource.protect = False
    made.stack.destroy()


def buckets(aws: EmbeddedAws) -> set[str]:
    return {bucket["Name"] for bucket in aws.session().client("s3").list_buckets()["Buckets"]}


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


def test_a_failure_names_the_resource_and_what_was_made_stays(folder: Folder) -> None:
    good = """
        bucket = aws.s3.Bucket("good")
        aws.iam.RolePolicy("policy", role={role}, policy=json.dumps(ALLOW))
        {more}
    """
    with pytest.raises(DeploymentError, match=r"RolePolicy::policy: create failed: .*NoSuchEntity") as caught:
        folder.up(good.format(role='bucket.bucket.apply(lambda _: "nobody")', more=""))
    assert [failure.urn.rsplit("::", 1)[-1] for failure in caught.value.failures] == ["policy"]
    role = 'role = aws.iam.Role("role", assume_role_policy=json.dumps(TRUST))'
    _, done = folder.up(
        good.format(role='aws.iam.Role.get("x", role.name).name', more="").replace(
            "bucket = aws", f"{role}\n        bucket = aws"
        )
    )
    assert done == {"good": "same", "role": "create", "policy": "create"}


def test_depends_on_is_waited_for(folder: Folder) -> None:
    folder.up("""
        first = aws.s3.Bucket("first")
        second = aws.iam.Role("second", assume_role_policy=json.dumps(TRUST),
                              opts=pulumi.ResourceOptions(depends_on=[first]))
        aws.cloudwatch.LogGroup("third", opts=pulumi.ResourceOptions(depends_on=[second]))
    """)
    assert [event.name for event in folder.events] == ["first", "first", "second", "second", "third", "third"]


def test_components_are_told_as_a_tree(folder: Folder) -> None:
    folder.up("""
        class Lake(pulumi.ComponentResource):
            def __init__(self, name):
                super().__init__("shop:index:Lake", name)
                aws.s3.Bucket(f"{name}-store", opts=pulumi.ResourceOptions(parent=self))
                self.register_outputs({})
        Lake("lake")
    """)
    told = [(str(event.kind), event.urn.split("::", 2)[2], event.parent.split("::", 2)[2]) for event in folder.events]
    lake, stack = "shop:index:Lake::lake", f"pulumi:pulumi:Stack::{folder.project}-test"
    bucket = "shop:index:Lake$aws:s3/bucket:Bucket::lake-store"
    assert ("started", lake, stack) == told[0]
    assert {("done", lake, stack), ("started", bucket, lake), ("done", bucket, lake)} == set(told[1:])


@pytest.mark.parametrize(
    ("program", "error", "message"),
    [
        (
            'aws.sqs.Queue("q")',
            DeploymentError,
            r"Queue::q: create failed: the embedded AWS does not know resources of type aws:sqs/queue:Queue",
        ),
        (
            'aws.s3.Bucket("b", acl="private")',
            DeploymentError,
            r"aws:s3/bucket:Bucket b: input 'acl' is not supported by the embedded AWS",
        ),
        (
            "aws.get_availability_zones()",
            UnknownTypeError,
            "does not know the function aws:index/getAvailabilityZones:getAvailabilityZones",
        ),
        (
            'aws.s3.Bucket("b", opts=pulumi.ResourceOptions(import_="x"))',
            ResourceError,
            r"Bucket::b: the embedded AWS does not support importId",
        ),
        ('aws.s3.Bucket("b"); aws.s3.Bucket("b")', DeploymentError, "duplicate resource URN"),
        (
            'aws.s3.Bucket("b", opts=pulumi.ResourceOptions(provider=aws.Provider("p", region="eu-west-1")))',
            DeploymentError,
            "::p: create failed: region must be us-east-1, the embedded AWS's, got eu-west-1",
        ),
        ('raise pulumi.RunError("a: must be b\\nc: must be d")', ProgramError, "^a: must be b\nc: must be d$"),
        ('pulumi.Config().require("colour")', ProgramError, "colour"),
        ("1 / 0", ProgramError, "^ZeroDivisionError: division by zero$"),
    ],
)
def test_what_cannot_be_done_is_an_error_that_names_it(
    folder: Folder, program: str, error: type[EngineError], message: str
) -> None:
    with pytest.raises(error, match=message):
        folder.up(program)


def test_after_a_failure_nothing_more_is_begun(folder: Folder) -> None:
    with pytest.raises(DeploymentError):
        folder.up("""
            queue = aws.sqs.Queue("q")
            aws.s3.Bucket("after", opts=pulumi.ResourceOptions(depends_on=[queue]))
        """)
    assert [event.name for event in folder.events if event.kind is Kind.STARTED] == []
    assert folder.stack.resources == []


def test_secrets_reach_aws_in_plain_and_stay_secret_in_the_exports(folder: Folder) -> None:
    folder.write("""
        group = aws.cloudwatch.LogGroup("logs", tags=pulumi.Output.secret({"colour": "red"}))
        pulumi.export("colour", group.tags.apply(lambda tags: tags["colour"]))
        pulumi.export("name", group.name)
    """)
    result = folder.stack.up()
    assert result.exports["colour"] == "red"
    assert result.secret_exports == {"colour"}


def test_default_tags_of_the_configuration_go_onto_everything_that_takes_tags(folder: Folder) -> None:
    folder.stack = folder.new_stack(**{"aws:defaultTags": json.dumps({"tags": {"team": "a", "n": "0"}})})
    exports, _ = folder.up("""
        pulumi.export("tags", aws.s3.Bucket("b", tags={"n": "1"}).tags_all)
        aws.cloudwatch.LogStream("s", log_group_name=aws.cloudwatch.LogGroup("g").name)
    """)
    assert exports == {"tags": {"team": "a", "n": "1"}}


def test_the_code_of_a_function_is_what_the_archive_holds(folder: Folder) -> None:
    (folder.path / "shared.py").write_text("GREETING = 'hello'\n")
    program = """
        role = aws.iam.Role("role", assume_role_policy=json.dumps(TRUST))
        code = pulumi.AssetArchive({{
            "shared.py": pulumi.FileAsset("shared.py"),
            "index.py": pulumi.StringAsset("import shared\\ndef handler(event, _): return shared.GREETING + {tail!r}"),
        }})
        function = aws.lambda_.Function("f", role=role.arn, code=code, handler="index.handler",
                                        runtime="python3.13", publish=True)
        pulumi.export("name", function.name)
        pulumi.export("version", function.version)
    """
    functions = folder.aws.session().client("lambda")
    seen = []
    for tail in ("!", "!", "?"):
        exports, done = folder.up(program.format(tail=tail))
        payload = functions.invoke(FunctionName=exports["name"], Qualifier=exports["version"])["Payload"].read()
        seen.append((json.loads(payload), exports["version"], done["f"]))
    assert seen == [("hello!", "1", "create"), ("hello!", "1", "same"), ("hello?", "2", "update")]


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


def test_the_process_is_left_as_it_was_and_modules_are_read_anew(folder: Folder) -> None:
    before = (dict(os.environ), list(sys.path), Path.cwd())
    program = """
        import os, helper
        pulumi.export("value", [helper.VALUE, os.getcwd(), os.environ["AWS_ENDPOINT_URL"]])
    """
    values = []
    for value in ("one", "two"):
        (folder.path / "helper.py").write_text(f"VALUE = {value!r}\n")
        values.append(folder.up(program)[0]["value"])
    place = [str(folder.path.resolve()), folder.aws.url]
    assert values == [["one", *place], ["two", *place]]
    assert (dict(os.environ), list(sys.path), Path.cwd()) == before
    assert "helper" not in sys.modules


def test_a_resource_of_another_stack_can_be_read(folder: Folder) -> None:
    name = f"other-{folder.project}"
    folder.aws.session().client("s3").create_bucket(Bucket=name)
    exports, done = folder.up(f'pulumi.export("arn", aws.s3.Bucket.get("other", "{name}").arn)')
    assert (exports, done) == ({"arn": f"arn:aws:s3:::{name}"}, {})
    folder.aws.session().client("s3").delete_bucket(Bucket=name)
    with pytest.raises(ResourceError, match=f"there is no aws:s3/bucket:Bucket with the id {name}"):
        folder.up(f'pulumi.export("arn", aws.s3.Bucket.get("other", "{name}").arn)')
