from embedded_aws.server import EmbeddedAws


def test_the_dummy_credentials_act_as_the_accounts_root(aws: EmbeddedAws) -> None:
    identity = aws.session().client("sts").get_caller_identity()
    assert (identity["Account"], identity["Arn"]) == ("000000000000", "arn:aws:iam::000000000000:root")
