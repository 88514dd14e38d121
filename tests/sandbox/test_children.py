"""A process that adopts orphans: it waits for them, and only for them. Each test is a process tree of its own."""

import subprocess
import sys

import pytest

from sandbox.paths import REPOSITORY

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has subreapers")

PREAMBLE = """
import os, subprocess, sys, threading, time
from pathlib import Path
from sandbox import children

children.adopt_orphans()

def start(script):
    return children.start(["/bin/sh", "-c", script], cwd=Path("/"), env={"PATH": os.environ["PATH"]}, stdin=0,
                          stdout=subprocess.PIPE, stderr=2, process_group=0)

def listed():
    own = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid():
            own.append((int(stat.parent.name), fields[0]))
    return own

def wait_until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, listed()
        time.sleep(0.01)
"""


def outcome(source: str) -> str:
    """The output of a new process that runs the source."""
    done = subprocess.run(
        [sys.executable, "-c", PREAMBLE + source],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_orphans_that_have_ended_do_not_stay_as_zombies() -> None:
    left = outcome("""
for _ in range(3):
    start("for number in 1 2 3 4; do (sleep 0.1; exit $number) & done; exit 0").wait()
wait_until(lambda: not listed())
print(listed())
""")

    assert left == "[]"


def test_an_orphan_that_ends_behind_a_child_that_nobody_waits_for_yet_is_reaped_too() -> None:
    codes = outcome("""
first = start("exit 7")
wait_until(lambda: (first.pid, "Z") in listed())
start("sleep 0.1 & exit 0").wait()
time.sleep(0.3)
print(first.wait())
wait_until(lambda: not listed())
""")

    assert codes == "7"


def test_no_exit_code_is_taken_from_those_who_wait_for_it() -> None:
    codes = outcome("""
codes = []
def run(number):
    process = start(f"sleep 0.05 & exit {number}")
    codes.append((number, process.wait()))
def run_all(first):
    for number in range(first, first + 25):
        run(number)
threads = [threading.Thread(target=run_all, args=(first,)) for first in (0, 25, 50, 75)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(codes), all(number == code for number, code in codes))
wait_until(lambda: not listed())
""")

    assert codes == "100 True"


def test_a_command_that_does_not_exist_is_an_error_as_without_orphans() -> None:
    raised = outcome("""
try:
    children.start(["/nowhere/at/all"], cwd=Path("/"), env={}, stdin=0, stdout=1, stderr=2, process_group=0)
except FileNotFoundError:
    print("FileNotFoundError")
""")

    assert raised == "FileNotFoundError"


def test_ended_orphans_are_all_that_have_left_their_group_and_what_they_leave_but_not_what_was_started() -> None:
    report = outcome("""
started = start("exec sleep 1000")
daemon = start("setsid sh -c 'sleep 1000 & sleep 1000; true' & echo $!")
daemon.wait()
wait_until(lambda: len(listed()) == 2)
children.end_orphans()
wait_until(lambda: len(listed()) == 1)
print(started.poll(), listed()[0][0] == started.pid)
started.kill()
print(started.wait())
""")

    assert report.splitlines() == ["None True", "-9"]
