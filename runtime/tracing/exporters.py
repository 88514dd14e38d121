"""Sessions with which OpenTelemetry's exporters send, and the exporter of a run whose caller waits."""

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from runtime.tracing.export import collector
from runtime.tracing.keys import REJECTED, CollectorKeys, collector_keys

if TYPE_CHECKING:
    from requests import Response

LIBRARIES: Final = (
    "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "opentelemetry.sdk._shared_internal",
)
"""Their loggers report every batch that does not arrive."""

TIMEOUT_SECONDS: Final = 0.8
"""For one request of a run's exporter; the rest of the bound is for the encoding."""

INGESTION: Final = {"x-langfuse-ingestion-version": "4"}
"""Has Langfuse take the spans as its data model 4 does; other collectors ignore it."""

_REDIRECTS: Final = 300
"""HTTP status from which on the spans have not arrived. The exporter counts a redirect, which it does not follow, as a
success."""


def keyed_session(keys: CollectorKeys | None) -> Any:  # noqa: ANN401  requests has no types of its own
    """Sends the collector's keys as they are at each request: a new value needs no restart. A request that the
    collector rejects for its keys is sent once more where there are others now."""
    from requests import PreparedRequest, Session  # noqa: PLC0415  only with a collector
    from requests.auth import AuthBase  # noqa: PLC0415  as above

    class _Keys(AuthBase):
        def __call__(self, request: PreparedRequest) -> PreparedRequest:
            if keys is not None:
                request.headers.update(keys.headers(str(request.url)))
            return request

    def renew(response: "Response", **options: Any) -> "Response | None":  # noqa: ANN401  those of requests' adapters
        if keys is None or response.status_code not in REJECTED or not keys.renew():
            return None
        again = response.request.copy()
        again.headers.update(keys.headers(str(again.url)))
        _ = response.content  # read to the end, so that its connection can be used again
        return response.connection.send(again, **options)

    session = Session()
    session.auth = _Keys()
    # Only to the collector itself: requests would hand all but one of the headers to another host.
    session.max_redirects = 0
    session.hooks["response"].append(renew)
    return session


class RunExporter:
    """Sends the spans of one run in one request. `url` is the collector's."""

    def __init__(self, url: str, exporter: SpanExporter, keys: CollectorKeys | None, answers: list[int]) -> None:
        """`answers` gets the status of each response to the exporter."""
        self.url = url
        self._exporter = exporter
        self._keys = keys
        self._answers = answers

    @classmethod
    def create(cls, variables: Mapping[str, str] = os.environ) -> "RunExporter":
        """For the collector that the variables name."""
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415  40 ms, with a collector only
            OTLPSpanExporter,
        )

        url, keys, answers = collector(variables), collector_keys(variables), list[int]()
        session = keyed_session(keys)
        session.hooks["response"].append(lambda response, **_: answers.append(response.status_code))
        exporter = OTLPSpanExporter(endpoint=url, headers=INGESTION, timeout=TIMEOUT_SECONDS, session=session)
        return cls(url, exporter, keys, answers)

    def prepare(self) -> None:
        """Read the collector's keys, which are then known for five minutes."""
        if self._keys is not None:
            self._keys.headers(self.url)

    def send(self, spans: Sequence[ReadableSpan]) -> str:
        """Why the collector has not taken the spans; empty where it has. It blocks."""
        self._answers.clear()
        try:
            taken = self._exporter.export(spans) is SpanExportResult.SUCCESS
        except Exception as error:
            return type(error).__name__
        status = self._answers[-1] if self._answers else None
        if taken and status is not None and status < _REDIRECTS:
            return ""
        return "no connection" if status is None else f"HTTP {status}"
