"""Between two steps of a run nobody sends: who follows it gets every frame once all the same, in order."""

import time
from dataclasses import replace

import pytest

from runtime.delivery.connections import Connections
from tests.runtime.background_stage import BackgroundStage
from tests.runtime.conftest import RecordingConnections, Sent
from tests.runtime.stage import Do, Say, ScriptedModel, Stage


class SlowConnections(RecordingConnections):
    """Each post takes so many seconds."""

    def __init__(self, sent: Sent, seconds: float) -> None:
        super().__init__(sent, set(), set())
        self._seconds = seconds

    def post(self, connection_id: str, frame: bytes) -> bool:
        time.sleep(self._seconds)
        return super().post(connection_id, frame)


@pytest.fixture
def background(stage: Stage) -> BackgroundStage:
    stage.model = ScriptedModel([[Say([f"{number} " for number in range(9)])]])
    return BackgroundStage(stage)


def got(sent: Sent, connection_id: str = "c1") -> list[int]:
    """The numbers of the events that a connection was sent, in order."""
    return [frame["event"]["seq"] for to, frame in sent if to == connection_id]


def test_a_follower_gets_every_event_of_all_steps_once(background: BackgroundStage, stage: Stage, sent: Sent) -> None:
    job = background.accept(steps=3)

    for _ in range(3):
        background.execute(job)
        job = background.following(job)

    last = len(stage.journal.events[job.run_id])
    assert got(sent) == list(range(1, last + 1))


def test_a_step_that_is_done_has_served_its_followers_up_to_its_last_event(
    background: BackgroundStage, stage: Stage, sent: Sent
) -> None:
    job = background.accept(steps=2)

    background.execute(job)

    done = len(stage.journal.events[job.run_id])
    assert got(sent) == list(range(1, done))
    assert stage.journal.head(job.run_id).subscribers == {"c1": done - 1}


def test_a_frame_that_is_on_its_way_at_the_hand_off_arrives_once(
    background: BackgroundStage, stage: Stage, sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.connect(SlowConnections(sent, 0.05))
    monkeypatch.setattr("runtime.delivery.broadcaster._HAND_OFF_SECONDS", 0.07)
    job = background.accept(steps=2)

    background.execute(job)
    kept = stage.journal.head(job.run_id).subscribers["c1"]
    before = len(sent)
    stage.connect(RecordingConnections(sent, set(), set()))
    background.execute(background.following(job))

    assert 0 < kept < stage.journal.events[job.run_id][-1].seq
    assert kept == before
    assert got(sent) == list(range(1, len(stage.journal.events[job.run_id]) + 1))


def test_a_follower_that_took_nothing_is_served_by_the_next_worker(
    background: BackgroundStage,
    stage: Stage,
    sent: Sent,
    stuck: set[str],
    connections: Connections,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("runtime.delivery.broadcaster._HAND_OFF_SECONDS", 0.05)
    stuck.add("c1")
    job = background.accept(steps=2)

    background.execute(job)
    stuck.clear()
    background.execute(background.following(job))

    assert stage.bench.connections is connections
    assert got(sent) == list(range(1, len(stage.journal.events[job.run_id]) + 1))


def test_who_comes_between_two_steps_gets_what_it_asks_for(
    background: BackgroundStage, stage: Stage, sent: Sent
) -> None:
    job = background.accept(steps=2)
    background.execute(job)
    stage.journal.subscribe(job.run_id, "from the start", 0)
    stage.journal.subscribe(job.run_id, "from three", 3)
    stage.journal.subscribe(job.run_id, "c1", 2)
    before = len(sent)

    background.execute(background.following(job))

    last = len(stage.journal.events[job.run_id])
    assert got(sent, "from the start") == list(range(1, last + 1))
    assert got(sent, "from three") == list(range(4, last + 1))
    assert got(sent[before:]) == list(range(3, last + 1))


def test_a_follower_that_has_gone_is_not_handed_over(background: BackgroundStage, stage: Stage, gone: set[str]) -> None:
    gone.add("c1")
    job = background.accept(steps=2)

    background.execute(job)

    assert stage.journal.head(job.run_id).subscribers == {}


def test_who_subscribes_while_a_step_ends_is_served_by_the_next(
    background: BackgroundStage, stage: Stage, sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = background.accept(steps=2)
    keep = stage.journal.store_cursors

    def subscribed_meanwhile(*args: object) -> None:
        stage.journal.subscribe(job.run_id, "late", 0)
        keep(*args)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(stage.journal, "store_cursors", subscribed_meanwhile)
    background.execute(job)
    assert got(sent, "late") == []
    background.execute(background.following(job))

    last = len(stage.journal.events[job.run_id])
    assert got(sent, "late") == got(sent) == list(range(1, last + 1))


def test_cursors_that_cannot_be_kept_do_not_keep_the_step_from_its_end(
    background: BackgroundStage, stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    job = background.accept(steps=2)

    def refuse(*_: object) -> None:
        raise ConnectionError("no table")

    monkeypatch.setattr(stage.journal, "store_cursors", refuse)
    background.execute(job)

    assert stage.journal.head(job.run_id).step_done == 1
    assert "worker.cursors_not_stored" in capsys.readouterr().out


def test_a_run_that_is_cancelled_in_its_second_step_is_told_to_its_followers(
    background: BackgroundStage, stage: Stage, sent: Sent
) -> None:
    job = background.accept(steps=2)
    background.execute(job)
    stage.model = ScriptedModel([[Say(["x"]), Do(lambda: stage.journal.request_cancel(job.run_id)), Say(["y"])]])

    background.execute(replace(background.following(job), seconds=30.0))

    assert got(sent) == list(range(1, len(stage.journal.events[job.run_id]) + 1))
    assert stage.end(job.run_id).type.ends_run
