"""The shipped program as its stacks register it, run once for all the tests of a session."""

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
from sandbox.lifecycle.recorder import record
from sandbox.paths import REPOSITORY
from sandbox.program.config import read_config
from tests.policies.engine_protocol import by_hand_alone

PACK = Path(__file__).parents[2] / "policies"


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
