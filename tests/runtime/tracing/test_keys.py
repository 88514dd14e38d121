"""The keys of a collector: where they are sent, and that a rotation needs no deployment."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from runtime.process.credentials import Credentials
from runtime.process.secrets import FRESH_SECONDS, PAUSE_SECONDS
from runtime.tracing import telemetry as telemetry_module
from runtime.tracing.export import FinishedSpan, export
from runtime.tracing.keys import CollectorKeys, collector_keys
from tests.runtime.collector import Collector
from tests.runtime.tracing.test_export import SPANS, lines

LANGFUSE = {"public_key": "pk-lf-1", "secret_key": "sk-lf-2"}


class Store:
    def __init__(self, value: object) -> None:
        self.now = 1_000.0
        self.value = value

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803
        assert SecretId == "arn:keys"
        return {"SecretString": json.dumps(self.value)}


def keys_of(store: Store) -> CollectorKeys:
    create: Callable[[], Any] = lambda: store  # noqa: E731  typed as any client
    return CollectorKeys(Credentials("arn:keys", create, lambda: store.now))


def test_spans_of_a_function_carry_the_keys_and_a_rotated_one_after_five_minutes(collector: Collector) -> None:
    store = Store({"x-api-key": "first"})
    keys = keys_of(store)
    team = {"OTEL_EXPORTER_OTLP_HEADERS": "x-team=a"}

    export("test", SPANS, {**collector.variables, **team}, keys)
    store.value = {"x-api-key": "second"}
    export("test", SPANS, collector.variables, keys)
    store.now += FRESH_SECONDS
    export("test", SPANS, collector.variables, keys)

    assert [headers["x-api-key"] for headers in collector.headers] == ["first", "first", "second"]
    assert collector.headers[0]["x-team"] == "a"


def test_langfuses_pair_becomes_its_basic_authorization(collector: Collector) -> None:
    export("test", SPANS, collector.variables, keys_of(Store(LANGFUSE)))

    assert collector.headers[0]["authorization"] == "Basic cGstbGYtMTpzay1sZi0y"


def test_spans_that_a_collector_rejects_are_sent_again_with_new_keys(
    collector: Collector, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store({"x-api-key": "hush-first"})
    keys = keys_of(store)
    collector.status = 401
    export("test", SPANS, collector.variables, keys)
    store.value = {"x-api-key": "hush-second"}
    store.now += PAUSE_SECONDS

    export("test", SPANS, collector.variables, keys)

    assert [headers["x-api-key"] for headers in collector.headers] == ["hush-first", "hush-first", "hush-second"]
    logged = lines(capsys)
    assert [line["reason"] for line in logged] == ["HTTP 401", "HTTP 401"]
    assert "hush" not in str(logged)


@pytest.mark.parametrize("value", ["hush", {"x-api-key": "hush\nx: y"}], ids=["no object", "two lines"])
def test_keys_that_cannot_be_used_cost_a_line_in_the_log_and_no_span(
    collector: Collector, capsys: pytest.CaptureFixture[str], value: object
) -> None:
    export("test", SPANS, collector.variables, keys_of(Store(value)))

    (line,) = lines(capsys)
    assert (line["event"], line["level"]) == ("tracing.keys_not_used", "WARNING")
    assert "hush" not in str(line)
    assert len(collector.documents) == 1


def test_keys_are_not_sent_to_an_address_without_https(capsys: pytest.CaptureFixture[str]) -> None:
    keys = keys_of(Store({"x-api-key": "hush"}))

    assert keys.headers("http://otel.example.com/v1/traces") == {}
    assert keys.headers("https://otel.example.com/v1/traces") == {"x-api-key": "hush"}
    (line,) = lines(capsys)
    assert line["reason"] == "the collector's address is not https"


def test_a_process_reads_one_secret_once_for_all_its_exports() -> None:
    named = {"LONGRUN_TRACING_KEYS": "arn:keys"}

    assert collector_keys({}) is None
    assert collector_keys(named) is collector_keys(named)


def test_spans_of_an_agentcore_app_carry_the_keys_and_new_ones_after_a_rejection(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store({"x-api-key": "first"})
    keys = keys_of(store)
    monkeypatch.setattr(telemetry_module, "collector_keys", lambda _variables: keys)
    exporter: Any = telemetry_module._exporter(collector.variables)  # noqa: SLF001  what a process installs for good
    collector.status = 401

    exporter.export([])
    store.value = {"x-api-key": "second"}
    store.now += PAUSE_SECONDS
    exporter.export([])
    exporter.export([])

    # The second batch is sent once more, with the new keys; without them it would be lost.
    assert [headers["x-api-key"] for headers in collector.headers] == ["first", "first", "second", "second"]


def test_the_spans_themselves_hold_no_key(collector: Collector) -> None:
    export(
        "test", [FinishedSpan("work", SPANS[0].context, "", 1, 2, {})], collector.variables, keys_of(Store(LANGFUSE))
    )

    assert b"sk-lf" not in collector.bodies[0]
