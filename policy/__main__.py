"""Serves the policies to Pulumi. Constructing the pack starts its server and never returns: nothing else is here."""

from pulumi_policy import EnforcementLevel, PolicyPack

from metering_policy import POLICIES

PolicyPack("saas-metering", policies=list(POLICIES), enforcement_level=EnforcementLevel.MANDATORY)
