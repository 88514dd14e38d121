"""Where spans are sent: the collector's address, its keys and who may read them, for components whose code exports."""

from typing import Final

import pulumi

from components.addresses import shown, traces_base, traces_url_problem
from components.iam import Statement
from components.refs import SecretRef
from components.secret_store.permissions import read_secret
from policies.rules.regions import LANGFUSE_HOSTS, langfuse_hosts_named
from policies.rules.stack.region_alignment import region_problems
from runtime import environment

ENDPOINT: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
_LATER: Final = "x" * 160
"""As long as the ARN of a secret with an ordinary name."""


def traces_problems(endpoint: str, *, is_private_network: bool = False) -> list[str]:
    """What keeps the address from being one of a collector. `is_private_network` as in addresses."""
    wrong = traces_url_problem(endpoint, is_private_network=is_private_network)
    return [f"traces_endpoint is {shown(endpoint)}; {wrong}"] if wrong else []


def traces_region_problems(endpoint: str, region: str) -> list[str]:
    """What keeps the collector from being in the region of the functions and of the model: an address that names
    another region, or one of Langfuse's clouds on another continent, where there is a nearer one."""
    continent = region.partition("-")[0]
    near = [host for host, place in LANGFUSE_HOSTS.items() if place == continent]
    far = [host for host, place in langfuse_hosts_named(endpoint) if near and place != continent]
    why = f"keys and traces are of one cloud each; allowed in {region}: {' or '.join(near)}"
    return [
        *region_problems({"traces_endpoint": endpoint}, region),
        *(f"traces_endpoint is {host}, on another continent than {region}; {why}" for host in far),
    ]


def traces_variables(endpoint: str, keys: SecretRef | None) -> dict[str, pulumi.Input[str]]:
    """None without a collector. The keys themselves are read at run time."""
    if not endpoint:
        return {}
    named: dict[str, pulumi.Input[str]] = {environment.TRACING_KEYS: keys["arn"]} if keys else {}
    return {ENDPOINT: traces_base(endpoint), **named}


def traces_placeholders(endpoint: str, keys: SecretRef | None) -> dict[str, str]:
    """The same before ARNs are known, with values as long as these get."""
    return {
        name: value if isinstance(value, str) else _LATER for name, value in traces_variables(endpoint, keys).items()
    }


def read_traces_keys(endpoint: str, keys: SecretRef | None) -> pulumi.Output[list[Statement]]:
    """The permission to read the keys; none without a collector."""
    arn = pulumi.Output.from_input(keys["arn"] if keys and endpoint else "")
    return arn.apply(lambda known: [read_secret("ReadTracingKeys", known)] if known else [])
