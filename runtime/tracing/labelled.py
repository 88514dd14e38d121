"""The labels of a run in OpenTelemetry's context: whatever span is begun there has them."""

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Final

from opentelemetry import context as contexts
from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span, SpanProcessor

from runtime.tracing.labels import Label, RunLabels

_LABELS: Final = contexts.create_key("longrun-labels")

RECEIVED: ContextVar[Mapping[str, Label] | None] = ContextVar("longrun-labels-received", default=None)
"""The labels of the request that is served. Not in OpenTelemetry's context, which MCP's server makes anew from what a
message names."""


def with_labels(labels: RunLabels, context: Context | None = None) -> Context:
    """The context, by default the current one, whose spans have the labels."""
    said: dict[str, Label] = labels.attributes()
    return contexts.set_value(_LABELS, said, context)


def current_labels() -> Mapping[str, Label]:
    """Those of the run at work; empty outside a run, or where nothing is traced."""
    labels = contexts.get_value(_LABELS)
    return labels if isinstance(labels, dict) else {}


class LabelProcessor(SpanProcessor):
    """Copies the run's labels to each of its spans when it starts."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        labels = contexts.get_value(_LABELS, parent_context)
        span.set_attributes(labels if isinstance(labels, dict) else RECEIVED.get() or {})
