"""Joins the spans of a run, from all their sources, into one tree."""

import dataclasses
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

_MARK: Final = "longrun.span"
_WORKFLOW: Final = "workflow"
_ROOT: Final = "root"
EVENT: Final = "event"
START: Final = "start of the workflow"
_STATE_MACHINE: Final = "AWS::StepFunctions::StateMachine"
"""X-Ray's origin of a workflow's segment, in the attribute `origin`."""


@dataclass(frozen=True, slots=True)
class Span:
    """`start` and `end` are Unix seconds (`end` is now for a running span), `status` is UNSET, OK or ERROR, `error` is
    the error message; `parent_id` is empty for the root."""

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    service: str
    start: float
    end: float
    status: str
    error: str
    attributes: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


@dataclass(frozen=True, slots=True)
class Execution:
    """A workflow's execution: Unix seconds, and the status and error of Step Functions. `end` is now for a running
    execution. `cause` is EVENT, or START for one that a program has started; `cause_time` is the latest time at which
    that began."""

    arn: str
    start: float
    end: float
    status: str
    error: str
    cause_time: float
    cause: str = EVENT


def joined(trace_id: str, spans: Sequence[Span], execution: Execution | None) -> list[Span]:
    """The spans as a tree, ordered by start. A run of a workflow has its workflow for a root, or the event or the call
    that started it; any other run has the span of its start.

    A span without its parent (a process was killed before it exported it) is moved below the workflow, or below the
    start; where that has not arrived either, it is a root itself. Nothing else is added.
    """
    if execution is None and not any(map(_is_workflow, spans)):
        return _below_root(spans)
    return _below_workflow(trace_id, spans, execution)


def _below_root(spans: Sequence[Span]) -> list[Span]:
    ordered = sorted(spans, key=lambda span: (span.start, not _is_root(span)))
    root = next(filter(_is_root, ordered), None)
    if root is None:
        return ordered
    known = {span.span_id for span in spans}
    return [span if span is root or span.parent_id in known else _moved(span, root.span_id) for span in ordered]


def _below_workflow(trace_id: str, spans: Sequence[Span], execution: Execution | None) -> list[Span]:
    """The span of what started the workflow is not exported here: it is the caller's. The workflow's own is exported at
    its start, so its times and status come from the execution."""
    known = {span.span_id: span for span in spans}
    workflow = _workflow(trace_id, spans, execution)
    known[workflow.span_id] = workflow
    if workflow.parent_id and workflow.parent_id not in known:
        at, name = (execution.cause_time, execution.cause) if execution else (workflow.start, EVENT)
        known[workflow.parent_id] = Span(
            trace_id, workflow.parent_id, "", name, "client", at, workflow.start, "OK", "", {}
        )
    root = workflow.parent_id or workflow.span_id
    tree = [
        span if span.parent_id in known or span.span_id == root else _moved(span, workflow.span_id)
        for span in known.values()
    ]
    first = {root: 0, workflow.span_id: 1}
    return sorted(tree, key=lambda span: (span.start, first.get(span.span_id, 2)))


def _workflow(trace_id: str, spans: Sequence[Span], execution: Execution | None) -> Span:
    found = next((span for span in spans if _is_workflow(span)), None)
    if found is None:
        found = _missing_workflow(trace_id, spans)
    if execution is None:
        return dataclasses.replace(found, end=max(span.end for span in spans))
    error = execution.error or found.error
    status = {"SUCCEEDED": "OK", "RUNNING": "UNSET"}.get(execution.status, "ERROR")
    attributes = {**found.attributes, "execution": execution.arn, "status": execution.status}
    return dataclasses.replace(
        found, start=execution.start, end=execution.end, status=status, error=error, attributes=attributes
    )


def _is_root(span: Span) -> bool:
    return span.attributes.get(_MARK) == _ROOT


def _is_workflow(span: Span) -> bool:
    return span.attributes.get(_MARK) == _WORKFLOW or span.attributes.get("origin") == _STATE_MACHINE


def _missing_workflow(trace_id: str, spans: Sequence[Span]) -> Span:
    """Replaces a workflow span that was not exported: its id is the missing parent of most spans, as all functions are
    below the workflow."""
    known = {span.span_id for span in spans}
    missed = Counter(span.parent_id for span in spans if span.parent_id and span.parent_id not in known)
    span_id = missed.most_common(1)[0][0] if missed else hashlib.sha256(trace_id.encode()).hexdigest()[:16]
    start, end = min((span.start for span in spans), default=0.0), max((span.end for span in spans), default=0.0)
    return Span(trace_id, span_id, "", _WORKFLOW, _WORKFLOW, start, end, "UNSET", "", {})


def _moved(span: Span, parent_id: str) -> Span:
    return dataclasses.replace(span, parent_id=parent_id)
