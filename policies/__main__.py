"""The policy pack, as the engine starts it: `pulumi preview --policy-pack policies`.

Its first line on stdout is its port: print nothing else.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final

# The engine makes this folder the import root; the rules are imported by the name they have everywhere else.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import grpc
from pulumi import Config
from pulumi.runtime.proto import analyzer_pb2_grpc

from policies.catalogue import RULES
from policies.check import prepare
from policies.pack import Pack

MAX_MESSAGE: Final = 400 * 1024 * 1024
"""Bytes of a message, as many as the engine's: a stack comes in one."""


def serve() -> None:
    """Serves until the engine ends this process."""
    # One request at a time: the rules keep what they have read of a stack for each other.
    server = grpc.server(ThreadPoolExecutor(max_workers=1), options=[("grpc.max_receive_message_length", MAX_MESSAGE)])
    description = "What must never be deployed: misconfigurations of agents on AWS that fail late."
    analyzer_pb2_grpc.add_AnalyzerServicer_to_server(Pack("longrun", description, RULES), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    with suppress(KeyboardInterrupt):
        server.wait_for_termination()
    server.stop(0)


if __name__ == "__main__":
    prepare(Config("aws").get("region"))
    serve()
