"""The tool calls of a run that have no result: what its agent was doing when it was lost."""

from collections.abc import Iterable
from typing import Final

from contract.events import Event, EventType
from runtime.journal.journal import Journal
from runtime.process.logs import log

_NEWEST: Final = 100
"""Events that are read: while tools run, their agent writes nothing else."""

_PAGE: Final = 16
"""Events that are held at once, of up to 300 KB each."""

_STARTS: Final = frozenset({EventType.AGENT_INVOCATION_STARTED, EventType.AGENT_BACKGROUND_TASK_STARTED})


def tools_at_work(journal: Journal, run_id: str) -> str:
    """The tools that the run's agent has called and whose result is not in the journal, as part of a sentence: ", with
    its tool … called and without a result". A tool of these may have returned: the results of one turn are written
    together. Empty where there is none, or the journal cannot be read: an end must not wait for it."""
    try:
        _, newest = journal.latest(run_id)
        events = journal.scan(run_id, max(0, newest.seq - _NEWEST), _PAGE, complete=())
        names = unfinished_tools(events)
    except Exception:
        log("journal.tools_not_read", level="WARNING", run_id=run_id, exc_info=True)
        return ""
    if not names:
        return ""
    *others, last = names
    tools = f"tools {', '.join(others)} and {last}" if others else f"tool {last}"
    return f", with its {tools} called and without a result"


def unfinished_tools(events: Iterable[Event]) -> list[str]:
    """The names of the tools without a result, since the last agent has started; each once."""
    calls: dict[str, str] = {}
    for event in events:
        if event.type in _STARTS:
            calls.clear()
        elif event.type is EventType.TOOL_CALL:
            calls[str(event.data.get("tool_use_id"))] = str(event.data.get("name", "(unknown)"))
        elif event.type is EventType.TOOL_RESULT and "tool_use_id" not in event.data:
            calls.clear()  # a large result of an earlier version: whose it is stands in its payload alone
        elif event.type is EventType.TOOL_RESULT:
            calls.pop(str(event.data.get("tool_use_id")), None)
    return list(dict.fromkeys(calls.values()))
