"""Entry point of the MCP server on AgentCore: tables come from the data bucket, files are stored with the run."""

from threading import Thread
from typing import TYPE_CHECKING, Final

import boto3
import uvicorn
from botocore.config import Config

from contract.run_ids import is_run_id
from runtime.environment import ToolsEnvironment
from runtime.process.logs import capture_libraries
from runtime.process.run_files import RunFiles
from runtime.tracing.baggage import LabelledRequests
from runtime.tracing.telemetry import Telemetry
from tools.analysis.catalogue import load
from tools.analysis.workspace import Workspace
from tools.data_bucket.files import DataFiles
from tools.data_bucket.tables import BucketTables
from tools.server.mcp_server import OpenWorkspace, ReturnedFiles, create_app

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PORT: Final = 8000
"""The port on which AgentCore expects an MCP server."""

_CLIENT_CONFIG: Final = Config(
    connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3}
)


def workspace_opener(environment: ToolsEnvironment, s3: "S3Client") -> OpenWorkspace:
    """A function that opens the workspace of one call. An agent's run calls with its run id as the session id, and
    files are stored with the run. Other callers have no run, and get pictures back with the result."""
    files = DataFiles(s3, environment.data_bucket)

    def open_workspace(session_id: str) -> Workspace:
        sink = RunFiles(environment.payload_bucket, s3, session_id) if is_run_id(session_id) else ReturnedFiles()
        return Workspace(BucketTables(files), sink)

    return open_workspace


def main() -> None:
    """Serve until AgentCore ends the session."""
    capture_libraries()
    # The MCP library makes a span for each message, which is of no use without an agent's trace above it.
    Telemetry.start("tools", begins_traces=False)
    # In a thread: AgentCore expects the first response soon, and these imports take a second.
    Thread(target=load, name="longrun-load", daemon=True).start()
    open_workspace = workspace_opener(ToolsEnvironment.read(), boto3.Session().client("s3", config=_CLIENT_CONFIG))
    app = LabelledRequests(create_app(open_workspace))
    uvicorn.run(app, host="0.0.0.0", port=PORT, log_config=None, access_log=False)  # noqa: S104


if __name__ == "__main__":
    main()
