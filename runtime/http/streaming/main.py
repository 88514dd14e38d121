"""The entry point of the endpoint's image: `python -m runtime.http.streaming.main`."""

import os
from collections.abc import Mapping
from typing import Final

import uvicorn

from runtime.http.streaming.app import create_app
from runtime.http.streaming.environment import StreamingEnvironment
from runtime.http.streaming.service import StreamingService
from runtime.http.streaming.worker_events import EventWorker
from runtime.process.logs import capture_libraries, log

_IDLE_SECONDS: Final = 75
"""The Lambda Web Adapter drops idle connections after 4 s: one that this end closes first may lose a request."""

_SHUTDOWN_SECONDS: Final = 5


def address(variables: Mapping[str, str] = os.environ) -> tuple[str, int]:
    """Where the endpoint listens: the Lambda Web Adapter's own variables, or PORT for the port."""
    port = variables.get("AWS_LWA_PORT") or variables.get("PORT") or "8080"
    return variables.get("AWS_LWA_HOST") or "127.0.0.1", int(port)


def main() -> None:
    """Serves until the process is ended."""
    capture_libraries()
    try:
        environment = StreamingEnvironment.read()
        service, events = StreamingService.create(environment), EventWorker.of(environment.worker)
        app = create_app(service, events, environment.allowed_origins)
    except Exception:
        log("http.not_started", level="ERROR", exc_info=True)
        raise SystemExit(1) from None
    host, port = address()
    uvicorn.run(
        app,
        host=host,
        port=port,
        lifespan="off",
        log_config=None,
        access_log=False,  # a path may have a secret in it
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )


if __name__ == "__main__":
    main()
