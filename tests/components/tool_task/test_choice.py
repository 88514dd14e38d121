"""Where a tool runs, and how large a task is."""

import pytest

from components.tool_task.choice import Place, TaskSize, longest_seconds, place_of, task_size
from policies.rules.aws_limits.ecs import FARGATE_MEMORY
from tools.analysis.catalogue import TOOLS
from tools.analysis.limits import TOOL_LIMITS, ToolKind, ToolLimits


def limits(seconds: int = 60, memory_mb: int = 512, libraries_mb: int = 100) -> ToolLimits:
    return ToolLimits(ToolKind.QUERY, seconds, memory_mb, libraries_mb)


@pytest.mark.parametrize(
    ("tool", "place"),
    [
        pytest.param(limits(), Place.FUNCTION, id="small"),
        pytest.param(limits(seconds=840), Place.FUNCTION, id="just within the timeout"),
        pytest.param(limits(seconds=841), Place.TASK, id="too long with the margin"),
        pytest.param(limits(memory_mb=10_240), Place.FUNCTION, id="all of a function's memory"),
        pytest.param(limits(memory_mb=10_241), Place.TASK, id="too much memory"),
        pytest.param(limits(libraries_mb=240), Place.FUNCTION, id="a full package"),
        pytest.param(limits(libraries_mb=241), Place.TASK, id="too large a package"),
    ],
)
def test_a_tool_runs_in_a_function_where_that_can_hold_it(tool: ToolLimits, place: Place) -> None:
    assert place_of(tool) is place


def test_analyses_are_tasks_and_the_list_of_tables_is_a_function() -> None:
    assert {tool.name for tool in TOOLS} == set(TOOL_LIMITS)
    assert {name for name, tool in TOOL_LIMITS.items() if place_of(tool) is Place.FUNCTION} == {"list_tables"}
    assert all(tool.limits.kind is not ToolKind.QUERY for tool in TOOLS if tool.name != "list_tables")


@pytest.mark.parametrize(
    ("memory_mb", "cpu", "memory", "size"),
    [
        pytest.param(512, None, None, TaskSize(1_024, 2_048), id="the least"),
        pytest.param(2_048, None, None, TaskSize(1_024, 3_072), id="with the overhead"),
        pytest.param(7_680, None, None, TaskSize(1_024, 8_192), id="the most of one vCPU"),
        pytest.param(7_681, None, None, TaskSize(2_048, 9_216), id="more than one vCPU has"),
        pytest.param(512, 256, None, TaskSize(256, 1_024), id="a given cpu"),
        pytest.param(512, 4_096, None, TaskSize(4_096, 8_192), id="a given cpu with more memory"),
        pytest.param(512, None, 20_480, TaskSize(4_096, 20_480), id="a given memory"),
        pytest.param(512, 256, 8_192, None, id="no such combination"),
        pytest.param(2_048, 256, None, None, id="too small a cpu"),
    ],
)
def test_a_task_has_the_least_of_fargates_sizes(
    memory_mb: int, cpu: int | None, memory: int | None, size: TaskSize | None
) -> None:
    found = task_size([limits(memory_mb=memory_mb), limits()], cpu, memory)

    assert found == size
    assert found is None or found.memory in FARGATE_MEMORY[found.cpu]


def test_the_longest_call_counts() -> None:
    assert longest_seconds([limits(seconds=5), limits(seconds=70)]) == 70
