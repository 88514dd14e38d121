"""Fargate's sizes, all of them."""

import pytest

from policies.check import Registration, evaluate
from policies.rules.aws_limits.ecs import FARGATE_MEMORY
from policies.rules.ecs.task import TASK, units
from policies.rules.ecs.task_size import RULE

SIZES = [(cpu, memory) for cpu, sizes in FARGATE_MEMORY.items() for memory in sizes]


def task(cpu: object, memory: object) -> Registration:
    properties = {"requiresCompatibilities": ["FARGATE"], "cpu": cpu, "memory": memory}
    return {"type": TASK, "name": "tool", "urn": "urn:tool", "parent": None, "properties": properties}


def test_the_table_has_what_aws_lists() -> None:
    counts = {cpu: (len(sizes), sizes[0], sizes[-1]) for cpu, sizes in FARGATE_MEMORY.items()}

    assert counts == {
        256: (3, 512, 2_048),
        512: (4, 1_024, 4_096),
        1_024: (7, 2_048, 8_192),
        2_048: (13, 4_096, 16_384),
        4_096: (23, 8_192, 30_720),
        8_192: (12, 16_384, 61_440),
        16_384: (12, 32_768, 122_880),
    }


def test_every_combination_of_the_table_passes_and_no_other_does() -> None:
    memories = sorted({memory for _, memory in SIZES})
    passing = [
        (cpu, memory)
        for cpu in FARGATE_MEMORY
        for memory in memories
        if not evaluate([task(str(cpu), str(memory))], rules=[RULE])
    ]

    assert passing == SIZES


@pytest.mark.parametrize(
    ("value", "known"),
    [
        ("1024", 1_024),
        (1024, 1_024),
        ("1 vCPU", 1_024),
        (".5 vCPU", 512),
        ("0.25 vcpu", 256),
        ("2GB", 2_048),
        ("2 TB", None),
    ],
)
def test_units_are_read_in_each_of_their_forms(value: object, known: int | None) -> None:
    assert units(value) == known
