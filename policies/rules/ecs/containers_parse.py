"""Container definitions are a JSON list of objects, each with a name of its own and an image."""

from collections.abc import Iterable, Iterator

from policies.rules.documents import json_problem, parsed
from policies.rules.ecs.task import CONTAINERS, REJECTED, TASKS
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import UNKNOWN


def _check(task: Resource) -> Iterable[Finding]:
    given = task.properties.get(CONTAINERS)
    if not isinstance(given, str):
        return
    found = parsed(given)
    if found is UNKNOWN:
        return
    if not isinstance(found, list) or not found:
        problem = json_problem(given) or "no list of containers"
        yield _finding(CONTAINERS, problem, "a JSON list of at least one container", "Write it with a JSON library")
        return
    yield from _container_findings(found)


def _container_findings(containers: list[object]) -> Iterator[Finding]:
    names = set[str]()
    for index, container in enumerate(containers):
        path = f"{CONTAINERS}[{index}]"
        if not isinstance(container, dict):
            if container is not UNKNOWN:
                yield _finding(path, "no object", "an object with name and image", "Write it with a JSON library")
            continue
        for field in ("name", "image"):
            if not container.get(field):
                yield _finding(f"{path}.{field}", "unset", "a text", f"Give the container its {field}")
        name = container.get("name")
        if isinstance(name, str) and name in names:
            yield _finding(f"{path}.name", repr(name), "a name that no other container of the task has", "Rename it")
        names |= {name} if isinstance(name, str) else set()


def _finding(prop: str, value: str, allowed: str, fix: str) -> Finding:
    return Finding(property=prop, value=value, allowed=allowed, why=REJECTED, fix=fix)


RULE = ResourceRule(
    name="ecs-task-containers-parse",
    description="Container definitions are a JSON list, and each container has a name of its own and an image.",
    remediation="Build the containers as a list of dicts and write them with json.dumps.",
    types=TASKS,
    check=_check,
)
