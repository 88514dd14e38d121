#!/bin/sh
# opentelemetry-sdk and opentelemetry-exporter-otlp-proto-http 1.45.1: what they return where spans did not arrive,
# without Longrun.
#
# 1. The exporter counts a redirect as a success: it sends with allow_redirects=False and takes every status from 200 to
#    399 for arrived. A collector that moved, or answers http with "301 to https", loses every span without a word.
# 2. BatchSpanProcessor.force_flush(timeout_millis) respects no time limit, and returns True after a failed export:
#    code that flushes before its process is frozen, as on AWS Lambda, waits as long as the collector likes, and cannot
#    see that spans were lost.
#
# Output seen:
#   opentelemetry-sdk 1.45.1
#   302 to another address: SpanExportResult.SUCCESS, spans at the other address: 0
#   force_flush(200) with a collector that answers after 2 s: True, in time: False
#   force_flush(5000) with a collector that answers 400: True
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    opentelemetry-sdk==1.45.1 opentelemetry-exporter-otlp-proto-http==1.45.1

cat > "$folder/finding.py" <<'PYTHON'
import logging
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

logging.disable(logging.CRITICAL)
print("opentelemetry-sdk", version("opentelemetry-sdk"))
arrived = []


class Collector(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/slow":
            time.sleep(2)
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/v1/traces")
        else:
            arrived.append(self.path)
            self.send_response(400 if self.path == "/rejected" else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"

kept = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(kept))
provider.get_tracer("finding").start_span("work").end()
result = OTLPSpanExporter(endpoint=f"{url}/moved").export(kept.get_finished_spans())
print(f"302 to another address: {result}, spans at the other address: {arrived.count('/v1/traces')}")


def flushed(path, milliseconds):
    processor = BatchSpanProcessor(OTLPSpanExporter(endpoint=url + path))
    own = TracerProvider(shutdown_on_exit=False)
    own.add_span_processor(processor)
    own.get_tracer("finding").start_span("work").end()
    started = time.monotonic()
    result = processor.force_flush(milliseconds)
    return result, time.monotonic() - started


result, seconds = flushed("/slow", 200)
print(f"force_flush(200) with a collector that answers after 2 s: {result}, in time: {seconds < 1}")
print(f"force_flush(5000) with a collector that answers 400: {flushed('/rejected', 5000)[0]}")
PYTHON

"$folder/venv/bin/python" "$folder/finding.py"
