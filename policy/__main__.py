"""Serves the policies to Pulumi. Constructing the pack starts its server and never returns: nothing else is here."""

import io
import sys

from pulumi_policy import EnforcementLevel, PolicyPack

from metering_policy import POLICIES

# The SDK tells Pulumi its port without flushing, and not every Pulumi starts Python unbuffered: it would wait for ever.
sys.stdout = io.TextIOWrapper(io.FileIO(sys.stdout.fileno(), "w", closefd=False), write_through=True)
PolicyPack("saas-metering", policies=list(POLICIES), enforcement_level=EnforcementLevel.MANDATORY)
