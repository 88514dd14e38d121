"""How clients reach the emulator: its account, its credentials and the port that it prefers."""

ACCOUNT = "000000000000"
ACCESS_KEY = "test"
SECRET_KEY = "test"  # noqa: S105  the emulator accepts any

PREFERRED_PORT = 4600
"""The port in Pulumi.local.yaml, which the Pulumi CLI uses."""

CHECKED_HEADER = "x-longrun-checked"
"""In requests of the deployment to make an agent runtime: the sidecar need not check them."""
