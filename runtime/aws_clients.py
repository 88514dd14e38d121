"""AWS clients without boto3: its session and resources cost a cold start 30 ms and add nothing here."""

import functools
from typing import Any

import botocore.session
from botocore.config import Config


def lean_client(service: str, *, attempts: int, read_timeout: float = 10, connect_timeout: float = 3) -> Any:  # noqa: ANN401  made at run time from the service's model
    """A client of the service, as boto3.client would make it; each of the `attempts` waits so many seconds."""
    retries: Any = {"mode": "standard", "total_max_attempts": attempts}
    config = Config(connect_timeout=connect_timeout, read_timeout=read_timeout, retries=retries)
    return _session().create_client(service, config=config)


@functools.cache
def _session() -> botocore.session.Session:
    """One for all clients: it keeps the credentials and the services' data that it has loaded."""
    return botocore.session.get_session()
