"""The shipped program as its stacks register it, run once for all the tests of a session.

A tool image makes the program whole: with it come the ReAct workflow, its tasks, and what monitors them."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto import analyzer_pb2_grpc

from policies.check import Registration
from policies.rules.aws_limits.partitions import partition_of
from sandbox.lifecycle.recorder import record
from sandbox.paths import REPOSITORY
from sandbox.program.config import read_config
from tests.policies.engine_protocol import by_hand_alone

PACK = Path(__file__).parents[2] / "policies"
TOOL_IMAGE = "longrun:toolImage"


@pytest.fixture(scope="session")
def recorded() -> Callable[[str], list[Registration]]:
    """The resources of the whole program with the configuration of a stack."""

    @cache
    def resources(stack: str) -> list[Registration]:
        config = read_config(REPOSITORY, stack, {})
        own = config.values.get(TOOL_IMAGE)
        return registrations(stack, {TOOL_IMAGE: own or tool_image(config.region)})

    return resources


def registrations(stack: str, overrides: Mapping[str, str]) -> list[Registration]:
    """The resources of the program with these values in the place of those that the stack configures."""
    return [registration(resource) for resource in record(REPOSITORY, stack, overrides)]


def tool_image(region: str) -> str:
    """An image of the account's own registry there, by digest."""
    registry = f"111122223333.dkr.ecr.{region}.{partition_of(region).suffix}"
    return f"{registry}/longrun-tools@sha256:{'0a' * 32}"


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


@pytest.fixture(scope="module")
def pack() -> Iterator[analyzer_pb2_grpc.AnalyzerStub]:
    """The pack as the engine runs it: its own process in the pack's folder."""
    command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", "."]
    with subprocess.Popen(command, cwd=PACK, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = analyzer_pb2_grpc.AnalyzerStub(channel)
            stub.Configure(by_hand_alone())
            yield stub
        process.terminate()
