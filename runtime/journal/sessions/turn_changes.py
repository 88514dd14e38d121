"""Every change of the heads of runs that wait for their turn, and of runs that a message may steer."""

from contract.events import Status
from runtime.journal.active import ACTIVE, ACTIVE_VALUES
from runtime.journal.items import head_key
from runtime.journal.table import Update


def follow(run_id: str, next_run: str, *, steers: bool) -> Update:
    """Another run waits for the end of this active one, and may steer it."""
    change, values = "SET #next_run = :next", {":next": next_run, **ACTIVE_VALUES}
    if not steers:
        return Update(head_key(run_id), change, ACTIVE, values)
    added = _messages(run_id)
    return Update(head_key(run_id), f"{change} {added.change}", ACTIVE, values | dict(added.values))


def steer(run_id: str) -> Update:
    """A message may steer this active run."""
    return _messages(run_id)


def _messages(run_id: str) -> Update:
    return Update(head_key(run_id), "ADD #messages :one", ACTIVE, {":one": 1, **ACTIVE_VALUES})


def no_messages(run_id: str, epoch: int, seen: int) -> Update:
    """The worker of this epoch has looked for all messages that this number counts."""
    values = {":none": 0, ":seen": seen, ":epoch": epoch}
    return Update(head_key(run_id), "SET #messages = :none", "#messages = :seen AND #epoch = :epoch", values)


def release_turn(run_id: str, behind: str, deadline_at: float) -> Update:
    """The turn of a run has come: the time of its worker begins."""
    return Update(
        head_key(run_id),
        "SET #deadline_at = :deadline REMOVE #behind",
        "#status = :queued AND #behind = :behind",
        {":deadline": deadline_at, ":queued": Status.QUEUED.value, ":behind": behind},
    )


def end_of_message(end_of_run: Update, behind: str) -> Update:
    """The same change, because the agent of another run takes the message; not where its own turn has come."""
    condition = f"#behind = :behind AND #epoch = :epoch AND {end_of_run.condition}"
    return Update(end_of_run.key, end_of_run.change, condition, {**end_of_run.values, ":behind": behind, ":epoch": 0})


def take_message(run_id: str, epoch: int, seq: int) -> Update:
    """The agent of this epoch takes a message, which event `seq` records: one less to look for."""
    return Update(
        head_key(run_id),
        "SET #steered = :seq ADD #messages :less",
        f"#epoch = :epoch AND {ACTIVE}",
        {":seq": seq, ":less": -1, ":epoch": epoch, **ACTIVE_VALUES},
    )
