"""How clients reach the emulator: its account and the port that it prefers."""

ACCOUNT = "000000000000"

PREFERRED_PORT = 4600
"""The port in Pulumi.local.yaml, which the Pulumi CLI uses."""

CHECKED_HEADER = "x-longrun-checked"
"""In requests of the deployment to make an agent runtime: the sidecar need not check them."""
