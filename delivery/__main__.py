"""Delivery by GitHub Actions: its identity provider, two roles per stack, and where states and their key are."""

import pulumi
import pulumi_aws as aws

import delivery_roles

settings = delivery_roles.read_settings()
github = delivery_roles.GitHubIdentities("github")
storage = delivery_roles.DeliveryStorage("delivery")
region = aws.get_region_output().region
backend = pulumi.Output.concat("s3://", storage.bucket_name, "?region=", region, "&awssdk=v2")
roles = {
    stack: delivery_roles.StackRoles(stack, settings.of(stack), provider_arn=github.arn, storage=storage)
    for stack in settings.stacks
}

pulumi.export("backend_url", backend)
pulumi.export("secrets_provider", pulumi.Output.concat("awskms://", storage.key_alias, "?region=", region))
# The repository variable DELIVERY, as text; for several accounts, merge what each of them has here.
pulumi.export(
    "delivery_variable",
    pulumi.Output.json_dumps(
        {
            stack: {
                "backend_url": backend,
                "preview_role": of_stack.preview_role_arn,
                "region": region,
                "up_role": of_stack.up_role_arn,
            }
            for stack, of_stack in roles.items()
        },
        sort_keys=True,
    ),
)
