"""The examples in the documentation of pulumi_aws, as the resources that each registers. Development time only.

`make corpus` writes them for the tests: thousands of configurations by people who know the provider, over which a new
false finding shows. Each example runs in a process of its own, in a preview in which nothing that a deployment would
tell is known; one that fails, for it is only a fragment, is left out.
"""

import ast
import gzip
import json
import multiprocessing
import pkgutil
import re
import sys
import time
import warnings
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final

import pulumi_aws

from policies.generation.corpus.example_run import run

CORPUS: Final = Path(__file__).parents[3] / "tests" / "policies" / "cloudformation" / "corpus.json.gz"
SECONDS: Final = 20
PARALLEL: Final = 3
BLOCK: Final = re.compile(r"^ *```python\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
TOKEN: Final = re.compile(r"super\([^)]*\).__init__\(\s*'(aws:[^']+)'")


@dataclass(frozen=True, slots=True)
class Example:
    """One block of Python in the documentation of a resource type. `name` is the type and its number there."""

    name: str
    code: str


def examples(package: Path) -> Iterator[Example]:
    """Every example of the SDK whose sources lie in `package`, in the order of the types."""
    for path in sorted(package.rglob("*.py")):
        text = path.read_text()
        token = TOKEN.search(text)
        if token is None:
            continue
        blocks = dict.fromkeys(block for docs in _docs(ast.parse(text)) for block in BLOCK.findall(docs))
        yield from (Example(f"{token[1]} {number}", code) for number, code in enumerate(blocks, 1))


def _docs(module: ast.Module) -> Iterator[str]:
    functions = (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef))
    yield from (docs for function in functions if (docs := ast.get_docstring(function)))


def _preload() -> None:
    """Imports the whole SDK, so that a forked process has it. Its packages are loaded at the first touch only."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for found in pkgutil.iter_modules(pulumi_aws.__path__):
            hasattr(getattr(pulumi_aws, found.name, None), "loaded")


def recorded(found: Iterable[Example]) -> Iterator[tuple[Example, list[dict[str, Any]]]]:
    """Every example with the AWS resources that it registers: none where it fails or takes too long."""
    _preload()
    waiting = deque(found)
    running: dict[Connection, tuple[Example, BaseProcess, float]] = {}
    while waiting or running:
        while waiting and len(running) < PARALLEL:
            example = waiting.popleft()
            receiver, process = _start(example)
            running[receiver] = (example, process, time.monotonic() + SECONDS)
        ready = set(wait(list(running), timeout=1.0))
        for receiver in list(running):
            example, process, deadline = running[receiver]
            if receiver in ready or time.monotonic() > deadline:
                del running[receiver]
                yield example, _result(receiver) if receiver in ready else []
                process.kill()
                process.join()


def _start(example: Example) -> tuple[Connection, BaseProcess]:
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=run, args=(example.code, sender), daemon=True)
    process.start()
    sender.close()
    return receiver, process


def _result(receiver: Connection) -> list[dict[str, Any]]:
    try:
        return list(receiver.recv())
    except EOFError:
        return []


def main() -> None:
    found = list(examples(Path(pulumi_aws.__path__[0])))
    results = sorted((example.name, resources) for example, resources in recorded(found) if resources)
    write(dict(results))
    sys.stdout.write(
        f"{CORPUS}: {len(results)} of {len(found)} examples, {sum(len(one) for _, one in results)} resources\n"
    )


def write(corpus: Mapping[str, list[dict[str, Any]]]) -> None:
    text = json.dumps(corpus, separators=(",", ":"), sort_keys=True)
    CORPUS.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))


if __name__ == "__main__":
    main()
