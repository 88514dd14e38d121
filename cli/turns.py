"""Agents that work in turn: who is at it, since when, and who comes next."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cli.errors import one_sentence
from cli.output import milliseconds, printable


class Turns:
    """Keeps what the events of a background run tell of its agents, and puts it into words."""

    def __init__(self) -> None:
        self._agents: list[str] = []
        self._began: dict[str, str] = {}

    def planned(self, pipeline: object, agents: object) -> str | None:
        """Who will work, in their order; None where one agent streams."""
        self._agents = [printable(str(agent)) for agent in agents] if isinstance(agents, list) else []
        in_turn = " → ".join(self._agents)
        return f"{printable(str(pipeline))}: {in_turn}" if in_turn not in {"", pipeline} else in_turn or None

    @property
    def first(self) -> str:
        return self._agents[0] if self._agents else "the agent"

    def began(self, data: Mapping[str, Any], at: str) -> str:
        """`explorer began (1 of 3)`."""
        name = _name(data)
        self._began[name] = at
        count = len(self._agents)
        return f"{name} began" + (f" ({data['step']} of {count})" if count > 1 and data.get("step") else "")

    def done(self, data: Mapping[str, Any], at: str) -> str:
        """`explorer done after 2.1 s`, and to whom it hands over."""
        following = self.following(data)
        return f"{_name(data)} done{self._duration(data, at)}" + (f", hands over to {following}" if following else "")

    def stopped(self, data: Mapping[str, Any], at: str) -> str:
        """`explorer stopped after 2.1 s`; the end of the run, which follows, says why."""
        return f"{_name(data)} stopped{self._duration(data, at)}"

    def following(self, data: Mapping[str, Any]) -> str | None:
        """The agent of the next step; None after the last, or where the plan is not known."""
        step = data.get("step")
        return self._agents[step] if isinstance(step, int) and 0 < step < len(self._agents) else None

    def _duration(self, data: Mapping[str, Any], at: str) -> str:
        began = self._began.get(_name(data))
        try:
            seconds = (datetime.fromisoformat(at) - datetime.fromisoformat(began or "")).total_seconds()
        except ValueError:  # the run was joined after the agent began
            return ""
        return f" after {milliseconds(max(seconds, 0) * 1000)}"


def refused(data: Mapping[str, Any]) -> str:
    """Why an agent could not be called, and whether that is the end of it."""
    return f"{_name(data)} could not be called{_reason(data)}" + ("; it is tried again" if data.get("retry") else "")


def _reason(data: Mapping[str, Any]) -> str:
    reason = data.get("error") or data.get("reason")
    return f": {one_sentence(str(reason))}" if reason else ""


def _name(data: Mapping[str, Any]) -> str:
    return printable(str(data.get("agent") or "the agent"))
