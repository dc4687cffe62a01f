"""The engine and the program: what goes in, what comes out, and what is refused, by small programs."""

import json
import os
import sys
from pathlib import Path

import pytest

from embedded_aws.engine import DeploymentError, EngineError, Kind, ProgramError, ResourceError, UnknownTypeError
from tests.embedded.engine_kit import Folder


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
            'aws.ecr.Repository("r")',
            DeploymentError,
            r"Repository::r: create failed: the embedded AWS does not know resources of type aws:ecr/repository",
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
            unknown = aws.ecr.Repository("r")
            aws.s3.Bucket("after", opts=pulumi.ResourceOptions(depends_on=[unknown]))
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
