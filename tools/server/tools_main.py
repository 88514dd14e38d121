"""Entry of the analysis tools' MCP server on AgentCore: tables from the data bucket, files into the run's folder."""

import re
from threading import Thread
from typing import TYPE_CHECKING, Final

import boto3
import uvicorn
from botocore.config import Config

from runtime.environment import ToolsEnvironment
from runtime.logs import capture_libraries
from runtime.run_files import RunFiles
from runtime.tracing.telemetry import Telemetry
from tools.analysis.catalogue import load
from tools.analysis.workspace import Workspace
from tools.data_bucket.files import DataFiles
from tools.data_bucket.tables import BucketTables
from tools.server.mcp_server import OpenWorkspace, ReturnedFiles, create_app

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PORT: Final = 8000
"""Where AgentCore expects an MCP server."""

_RUN_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PATIENCE: Final = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})


def workspaces(environment: ToolsEnvironment, s3: "S3Client") -> OpenWorkspace:
    """Opens a workspace for each call. An agent's run is the session that it calls in: what a tool makes is kept with
    the run's files. Other callers have no run, and get pictures back with the answer."""
    files = DataFiles(s3, environment.data_bucket)

    def open_workspace(session_id: str) -> Workspace:
        is_run = _RUN_ID.fullmatch(session_id) is not None
        kept = RunFiles(environment.payload_bucket, s3, session_id) if is_run else ReturnedFiles()
        return Workspace(BucketTables(files), kept)

    return open_workspace


def main() -> None:
    """Serves until AgentCore ends the session."""
    capture_libraries()
    # MCP's library makes a span of each message: without an agent's trace above it, nobody looks for it.
    Telemetry.start("tools", begins_traces=False)
    # Beside the server: AgentCore gives it little time to answer for the first time, and these imports take a second.
    Thread(target=load, name="longrun-load", daemon=True).start()
    open_workspace = workspaces(ToolsEnvironment.read(), boto3.Session().client("s3", config=_PATIENCE))
    uvicorn.run(create_app(open_workspace), host="0.0.0.0", port=PORT, log_config=None, access_log=False)  # noqa: S104


if __name__ == "__main__":
    main()
