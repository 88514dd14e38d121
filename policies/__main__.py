"""The policy pack, as the engine starts it: `pulumi preview --policy-pack policies`.

PolicyPack serves the engine and does not return, and its first line on stdout is its port: construct it nowhere else
and print nothing.
"""

import sys
from pathlib import Path

# The engine makes this folder the import root; the rules are imported by the name they have everywhere else.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pulumi import Config
from pulumi_policy import EnforcementLevel, PolicyPack

from policies.catalogue import RULES
from policies.check import prepare
from policies.pack import policy

if __name__ == "__main__":
    prepare(Config("aws").get("region"))
    PolicyPack(
        "longrun",
        [policy(rule) for rule in RULES],
        EnforcementLevel.MANDATORY,
        description="What must never be deployed: misconfigurations of agents on AWS that fail late.",
    )
