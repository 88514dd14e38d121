"""What the traced function's process sends of a run, with Strands' own spans."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from sandbox.sidecar.traces.otlp import Span, read_spans
from tests.runtime.collector import Collector

ROOT = Path(__file__).parents[4]
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
WITHOUT_CONTENT = "gen_ai_latest_experimental,gen_ai_unredacted_attributes="


def answered(collector: Collector, **variables: str) -> tuple[dict[str, Any], list[Span], str]:
    """The reply of a process, the spans that it has sent, and its log."""
    environment = {**os.environ, **collector.variables, **variables, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.runtime.http.traced.answering_process", f"00-{TRACE}-{SPAN}-00"]
    ran = subprocess.run(command, env=environment, cwd=ROOT, check=True, timeout=60, capture_output=True, text=True)  # noqa: S603  our own process
    *log, reply = ran.stdout.splitlines()
    spans = [span for body in collector.bodies for span in read_spans(body, "application/x-protobuf", "")]
    return json.loads(json.loads(reply)["body"]), spans, "\n".join(log)


def test_the_agents_own_spans_are_sent_once_and_whole_below_the_run(collector: Collector) -> None:
    reply, spans, _ = answered(collector, OTEL_SEMCONV_STABILITY_OPT_IN=WITHOUT_CONTENT)

    assert reply["response"] == "42."
    assert len(collector.bodies) == 1
    by_id = {span.span_id: span for span in spans}
    assert len(by_id) == len(spans)
    names = [span.name for span in spans]
    assert names.count("chat") == 2
    assert {"execute_tool add", "run scripted"} <= set(names)
    (root,) = [span for span in spans if span.parent_id not in by_id]
    assert (root.name, root.trace_id, root.parent_id) == ("run scripted", TRACE, SPAN)
    for span in spans:
        assert span.attributes["run_id"] == reply["run_id"], span.name
        assert span.attributes["langfuse.trace.tags"] == [reply["trace_filter"]], span.name
        assert span.attributes["gen_ai.conversation.id"] == reply["run_id"], span.name
    chat = next(span for span in spans if span.name == "chat")
    assert chat.attributes["gen_ai.usage.input_tokens"] == 10
    assert "gen_ai.provider.name" in chat.attributes
    body = collector.bodies[0].decode(errors="replace")
    assert body.count("How much is 40 and 2?") == 1, "only the root has what was said"


def test_a_process_without_a_collector_sends_nothing(collector: Collector) -> None:
    reply, spans, log = answered(collector, OTEL_EXPORTER_OTLP_ENDPOINT="")

    assert reply["response"] == "42."
    assert not spans
    assert "tracing." not in log


def test_a_collector_that_refuses_is_logged_once(collector: Collector) -> None:
    collector.status = 400

    reply, _, log = answered(collector)

    assert reply["response"] == "42."
    assert log.count("not_exported") == 1
    assert "Failed to export" not in log
