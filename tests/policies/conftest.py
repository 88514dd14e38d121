"""The shipped program as its stacks register it, run once for all the tests of a session."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pytest

from policies.check import Registration
from sandbox.lifecycle.recorder import record
from sandbox.paths import REPOSITORY
from sandbox.program.config import read_config


@pytest.fixture(scope="session")
def recorded() -> Callable[[str], list[Registration]]:
    """The resources of the program with the configuration of a stack."""

    @cache
    def resources(stack: str) -> list[Registration]:
        return [registration(resource) for resource in record(REPOSITORY, stack)]

    return resources


@pytest.fixture(scope="session")
def region() -> str:
    """Where the dev stack is deployed to."""
    return read_config(REPOSITORY, "dev", {}).region


def registration(resource: Mapping[str, Any]) -> Registration:
    return {
        "type": resource["type"],
        "name": resource["name"],
        "urn": resource["urn"],
        "parent": resource["parent"],
        "properties": resource["properties"],
        "dependencies": resource["dependencies"],
        "provider": resource["provider"],
    }
