"""The program with one agent more, which does nothing but ask its user, and scenarios that make it ask."""

import shutil
from pathlib import Path
from typing import Final

from bench.program_copy import copy_program
from sandbox.paths import REPOSITORY

HAND_OFF: Final = "Hand it over to me."
CHOOSE: Final = "Let me choose."
SOON: Final = "Ask me something that I will not answer."
CHOICES: Final = ("raw", "adjusted")
SOON_SECONDS: Final = 2

_AGENT: Final = f'''
"""An agent that asks."""

from strands import Agent, ToolContext, tool
from strands.vended_tools import handoff_to_user

from runtime.agent_context import AgentContext
from tools.ask_user import ask_user


@tool(context="context")
def ask_soon(context: ToolContext) -> str:
    """Ask a question that expires soon."""
    return str(context.interrupt("soon", reason={{"text": "Quick?", "expires_in_seconds": {SOON_SECONDS}}}))


def create_agent(context: AgentContext) -> Agent:
    return context.agent(system_prompt="Ask the user.", tools=[handoff_to_user, ask_soon, ask_user])
'''

_SCENARIOS: Final = f'''
[[scenario]]
name = "hand-off"
question = "{HAND_OFF}"
answer = "You mean {{handoff_to_user.text}}."
match = {{ words = ["hand"] }}
[[scenario.turn]]
[[scenario.turn.call]]
tool = "handoff_to_user"
input = {{ message = "Which year do you mean?" }}

[[scenario]]
name = "choose"
question = "{CHOOSE}"
answer = "You chose {{ask_user.text}}."
match = {{ words = ["choose"] }}
[[scenario.turn]]
[[scenario.turn.call]]
tool = "ask_user"
input = {{ question = "Which figure?", options = ["{CHOICES[0]}", "{CHOICES[1]}"] }}

[[scenario]]
name = "soon"
question = "{SOON}"
answer = "You said {{ask_soon.text}}."
match = {{ words = ["something"] }}
[[scenario.turn]]
[[scenario.turn.call]]
tool = "ask_soon"
'''


def write_program(folder: Path) -> Path:
    """The root of the program."""
    root = folder / "program"
    copy_program(root, "Pulumi.local.yaml")
    (root / "agents" / "asker.py").write_text(_AGENT)
    return root


def write_scenarios(folder: Path) -> Path:
    """The sandbox's own scenarios, and those of this agent."""
    copied = folder / "scenarios"
    shutil.copytree(REPOSITORY / "sandbox/scenarios", copied)
    (copied / "asker.toml").write_text(_SCENARIOS)
    return copied
