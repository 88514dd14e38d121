"""The steps of a background run: which agent is running, since when, and which is next."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cli.errors import one_line
from cli.output import milliseconds, printable


class AgentSteps:
    """Collects the agents and their start times from the events of a background run, and formats lines about them."""

    def __init__(self) -> None:
        self._agents: list[str] = []
        self._started_at: dict[str, str] = {}

    def planned(self, pipeline: object, agents: object) -> str | None:
        """The agents in their order; None for a streamed run of one agent."""
        self._agents = [printable(str(agent)) for agent in agents] if isinstance(agents, list) else []
        in_order = " → ".join(self._agents)
        return f"{printable(str(pipeline))}: {in_order}" if in_order not in {"", pipeline} else in_order or None

    @property
    def first(self) -> str:
        return self._agents[0] if self._agents else "the agent"

    def started(self, data: Mapping[str, Any], at: str) -> str:
        """`explorer started (1 of 3)`."""
        name = _name(data)
        self._started_at[name] = at
        count = len(self._agents)
        return f"{name} started" + (f" ({data['step']} of {count})" if count > 1 and data.get("step") else "")

    def finished(self, data: Mapping[str, Any], at: str) -> str:
        """`explorer finished after 2.1 s`, with the agent that it hands off to."""
        following = self.following(data)
        return f"{_name(data)} finished{self._duration(data, at)}" + (
            f", hands off to {following}" if following else ""
        )

    def stopped(self, data: Mapping[str, Any], at: str) -> str:
        """`explorer stopped after 2.1 s`; the final event, which follows, has the reason."""
        return f"{_name(data)} stopped{self._duration(data, at)}"

    def following(self, data: Mapping[str, Any]) -> str | None:
        """The agent of the next step; None after the last, or if the agents are not known."""
        step = data.get("step")
        return self._agents[step] if isinstance(step, int) and 0 < step < len(self._agents) else None

    def _duration(self, data: Mapping[str, Any], at: str) -> str:
        started_at = self._started_at.get(_name(data))
        try:
            seconds = (datetime.fromisoformat(at) - datetime.fromisoformat(started_at or "")).total_seconds()
        except ValueError:  # the run was joined after the agent started
            return ""
        return f" after {milliseconds(max(seconds, 0) * 1000)}"


def call_failure(data: Mapping[str, Any]) -> str:
    """Why an agent could not be called, and whether the call is retried."""
    return f"{_name(data)} could not be called{_reason(data)}" + ("; it is retried" if data.get("retry") else "")


def _reason(data: Mapping[str, Any]) -> str:
    reason = data.get("error") or data.get("reason")
    return f": {one_line(str(reason))}" if reason else ""


def _name(data: Mapping[str, Any]) -> str:
    return printable(str(data.get("agent") or "the agent"))
