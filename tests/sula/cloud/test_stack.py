"""Change sets: what is done when, and what is said when it fails."""

# ruff: noqa: ARG002 - a fake takes what the port gives and needs little of it

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import pytest

from sula.cloud import manage, stack
from sula.cloud.aws import S3Objects
from sula.cloud.ports import Change, StackEvent, StackState
from sula.errors import CloudError, StackError, Unavailable

OUTPUTS = {
    name: name.lower()
    for name in (
        "BucketName", "FunctionName", "Architecture", "LogGroupName", "QueueUrl",
        "DeadLettersUrl", "DistributionId", "DistributionDomain",
    )
}  # fmt: skip
ADD = (Change("Add", "Bucket", "AWS::S3::Bucket"),)
STACK = "AWS::CloudFormation::Stack"


@dataclass
class FakeStacks:
    """CloudFormation in memory. ``script`` is what happens after `execute` or `delete`."""

    state: StackState | None = None
    changes: tuple[Change, ...] = ADD
    script: list[tuple[str, list[StackEvent]]] = field(default_factory=list)
    past: list[StackEvent] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    parameters: Mapping[str, str] = field(default_factory=dict)
    _moving: bool = False

    def describe(self, name: str) -> StackState | None:
        if self._moving and self.script:
            status, events = self.script.pop(0)
            self.past += events
            outputs = OUTPUTS if status.endswith("COMPLETE") else {}
            gone = status == "DELETE_COMPLETE"
            self._moving = not gone
            self.state = None if gone else StackState(status, outputs=outputs)
        return self.state

    def prepare_import(self, name: str, change_set: str, template: str, bucket: str) -> None:
        self.calls.append(f"import {bucket}")

    def prepare(
        self, name: str, change_set: str, template: str, parameters: Mapping[str, str], *, new: bool
    ) -> tuple[Change, ...]:
        self.calls.append("create" if new else "update")
        self.parameters = parameters
        return self.changes

    def execute(self, name: str, change_set: str) -> None:
        self.calls.append("execute")
        self._moving = True

    def discard(self, name: str, change_set: str) -> None:
        self.calls.append("discard")

    def events(self, name: str) -> list[StackEvent]:
        return list(self.past)

    def delete(self, name: str, keep: Sequence[str] = ()) -> None:
        self.calls.append("delete")
        self._moving = True


def event(number: int, resource: str, status: str, reason: str = "") -> StackEvent:
    kind = STACK if resource == "s" else "AWS::S3::Bucket"
    return StackEvent(str(number), resource, kind, status, reason)


def ensure(fake: FakeStacks, **options: bool) -> tuple[stack.Outputs, list[str]]:
    said: list[str] = []
    made = stack.apply(
        fake, stack.plan(fake, "s", "template", {"A": "1"}), progress=said.append,
        pause=lambda _: None, **options,
    )  # fmt: skip
    return made, said


def test_a_new_stack_is_created_and_its_progress_told() -> None:
    fake = FakeStacks(
        script=[
            ("CREATE_IN_PROGRESS", [event(1, "Bucket", "CREATE_IN_PROGRESS")]),
            ("CREATE_COMPLETE", [
                event(2, "Bucket", "CREATE_COMPLETE"),
                event(3, "s", "CREATE_COMPLETE"),
            ]),
        ]
    )  # fmt: skip
    made, said = ensure(fake)
    assert made.bucket == "bucketname"
    assert said == ["Bucket: create in progress", "Bucket: create complete", "s: create complete"]
    assert fake.calls == ["create", "execute"]
    assert fake.parameters == {"A": "1"}


def test_nothing_to_change_is_nothing_done() -> None:
    fake = FakeStacks(StackState("UPDATE_COMPLETE", outputs=OUTPUTS), changes=())
    made, said = ensure(fake)
    assert made.function == "functionname"
    assert not said
    assert "execute" not in fake.calls


def test_a_status_from_before_is_not_taken_for_success() -> None:
    """CloudFormation may show the old UPDATE_COMPLETE for a moment after the start."""
    old = event(1, "s", "UPDATE_COMPLETE")
    fake = FakeStacks(
        StackState("UPDATE_COMPLETE", outputs=OUTPUTS),
        past=[old],
        script=[
            ("UPDATE_COMPLETE", []),
            ("UPDATE_IN_PROGRESS", [event(2, "s", "UPDATE_IN_PROGRESS")]),
            ("UPDATE_ROLLBACK_COMPLETE", [
                event(3, "Bucket", "UPDATE_FAILED", "quota"),
                event(4, "s", "UPDATE_ROLLBACK_COMPLETE"),
            ]),
        ],
    )  # fmt: skip
    with pytest.raises(StackError, match=r"Bucket \(AWS::S3::Bucket\): quota"):
        ensure(fake)


@pytest.mark.parametrize("needed", [0, 1, 20, 600])
def test_what_has_settled_is_seen_soon_and_not_looked_at_all_the_time(needed: float) -> None:
    busy: tuple[str, list[StackEvent]] = ("CREATE_IN_PROGRESS", [])
    done = ("CREATE_COMPLETE", [event(1, "s", "CREATE_COMPLETE")])
    fake = FakeStacks(script=[busy])
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        fake.script = [done if sum(pauses) >= needed else busy]

    wanted = stack.plan(fake, "s", "template", {})
    stack.apply(fake, wanted, progress=lambda _: None, pause=pause)
    assert sum(pauses) - needed <= min(0.1 + needed / 2, 3)
    assert len(pauses) <= 10 + needed / 2


def test_the_first_failure_is_named_not_what_was_cancelled_with_it() -> None:
    fake = FakeStacks(
        script=[
            ("ROLLBACK_COMPLETE", [
                event(1, "Queue", "CREATE_FAILED", "Resource creation cancelled"),
                event(2, "Role", "CREATE_FAILED", "not authorized"),
                event(3, "Bucket", "CREATE_FAILED", "also"),
                event(4, "s", "ROLLBACK_COMPLETE"),
            ]),
        ]
    )  # fmt: skip
    with pytest.raises(StackError, match=r"stack s: Role \(AWS::S3::Bucket\): not authorized"):
        ensure(fake)


def test_what_a_failed_creation_left_is_removed_first() -> None:
    fake = FakeStacks(
        StackState("ROLLBACK_COMPLETE"),
        script=[
            ("DELETE_COMPLETE", []),
            ("CREATE_COMPLETE", [event(9, "s", "CREATE_COMPLETE")]),
        ],
    )
    ensure(fake)
    assert fake.calls == ["delete", "create", "execute"]


def test_a_failed_creation_that_still_shows_itself_is_waited_for() -> None:
    """CloudFormation may show the old ROLLBACK_COMPLETE for a moment after a deletion began."""
    fake = FakeStacks(
        StackState("ROLLBACK_COMPLETE"),
        past=[event(1, "s", "ROLLBACK_COMPLETE")],
        script=[
            ("ROLLBACK_COMPLETE", []),
            ("DELETE_IN_PROGRESS", [event(2, "s", "DELETE_IN_PROGRESS")]),
            ("DELETE_COMPLETE", []),
        ],
    )
    stack.clear(fake, "s")
    assert fake.state is None


def test_a_stack_that_was_only_looked_at_is_cleared() -> None:
    fake = FakeStacks(StackState("REVIEW_IN_PROGRESS"), script=[("DELETE_COMPLETE", [])])
    stack.clear(fake, "s")
    assert fake.calls == ["delete"]
    assert fake.state is None


def test_a_question_that_gets_lost_does_not_end_the_waiting() -> None:
    class Patchy(FakeStacks):
        lost = 3

        def describe(self, name: str) -> StackState | None:
            if self._moving and self.lost:
                self.lost -= 1
                raise Unavailable("looking at stack s: the cloud did not answer")
            return super().describe(name)

    fake = Patchy(script=[("CREATE_COMPLETE", [event(1, "s", "CREATE_COMPLETE")])])
    made, said = ensure(fake)
    assert made.bucket == "bucketname"
    assert said == ["s: create complete"]


@dataclass
class Log:
    """An access log that the edge goes on writing, until it does not."""

    still: int
    emptied: int = 0
    full: bool = True

    def exists(self) -> bool:
        return True

    def remove_everything(self) -> int:
        self.emptied += 1
        self.full = self.emptied <= self.still
        return 1


def remove_with(log: Log | None) -> None:
    def remove() -> None:
        if log is None or log.full:
            raise StackError("stack s: AccessLogBucket (AWS::S3::Bucket): it is not empty")

    manage.remove_with(cast("S3Objects | None", log), remove)


def test_an_access_log_that_grows_meanwhile_is_emptied_again() -> None:
    log = Log(still=1)
    remove_with(log)
    assert log.emptied == 2
    with pytest.raises(StackError, match="not empty"):
        remove_with(Log(still=9))
    with pytest.raises(StackError, match="not empty"):
        remove_with(None)


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        ("UPDATE_IN_PROGRESS", "wait"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "wait"),
        ("UPDATE_ROLLBACK_FAILED", "CloudFormation could not undo .*`Continue update rollback`"),
        ("DELETE_FAILED", "`sula destroy` removes it"),
        ("CREATE_FAILED", "`sula destroy` removes it"),
    ],
)
def test_a_stack_that_cannot_be_changed_now_is_named(status: str, remedy: str) -> None:
    fake = FakeStacks(StackState(status))
    with pytest.raises(StackError, match=f"{status}; {remedy}"):
        stack.plan(fake, "s", "template", {})
    assert not fake.calls


@pytest.mark.parametrize(
    "change",
    [
        Change("Modify", "Bucket", "AWS::S3::Bucket", replacement=True),
        Change("Remove", "Queue", "AWS::SQS::Queue"),
    ],
)
def test_what_holds_data_is_not_thrown_away_unasked(change: Change) -> None:
    fake = FakeStacks(
        StackState("UPDATE_COMPLETE", outputs=OUTPUTS),
        changes=(change,),
        script=[("UPDATE_COMPLETE", [event(5, "s", "UPDATE_COMPLETE")])],
    )
    with pytest.raises(StackError, match=rf"{change.resource} .*--allow-replacement"):
        ensure(fake)
    assert "execute" not in fake.calls
    assert fake.calls[-1] == "discard"
    ensure(fake, allow_losses=True)
    assert fake.calls[-1] == "execute"


def test_a_stack_that_is_not_there_comes_with_the_remedy() -> None:
    with pytest.raises(CloudError, match="there is no stack s yet: run"):
        stack.outputs(FakeStacks(), "s")


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        ("ROLLBACK_COMPLETE", "removes what is left of it and begins anew"),
        ("IMPORT_COMPLETE", "goes on from there"),
        ("CREATE_IN_PROGRESS", "wait until it has settled"),
    ],
)
def test_a_stack_that_is_no_site_yet_is_not_called_somebody_elses(status: str, remedy: str) -> None:
    with pytest.raises(CloudError, match=f"stack s is {status}; .*{remedy}"):
        stack.outputs(FakeStacks(StackState(status)), "s")


def test_someone_elses_stack_is_not_used() -> None:
    with pytest.raises(CloudError, match="not Sula's"):
        stack.outputs(FakeStacks(StackState("CREATE_COMPLETE", outputs={"X": "1"})), "s")


def test_destroying_what_is_not_there_is_no_harm() -> None:
    stack.destroy(FakeStacks(), "s", progress=lambda _: None)


@pytest.mark.parametrize("name", ["Sula", "my_site", "1st", "", "a" * 36, "a.b"])
def test_a_name_that_no_bucket_can_have_is_refused_before_anything_is_done(name: str) -> None:
    fake = FakeStacks()
    with pytest.raises(CloudError, match="cannot name a stack"):
        stack.plan(fake, name, "template", {})
    assert not fake.calls


def test_a_bucket_that_was_kept_is_taken_over_first() -> None:
    fake = FakeStacks(script=[("IMPORT_COMPLETE", [event(1, "s", "IMPORT_COMPLETE")])])
    stack.take_over(fake, "s", "s-1-eu")
    assert fake.calls == ["import s-1-eu", "execute"]


def test_a_change_set_is_shown_as_a_plan() -> None:
    changes = (
        Change("Add", "Queue", "AWS::SQS::Queue"),
        Change("Modify", "Bucket", "AWS::S3::Bucket", replacement=True),
        Change("Modify", "Role", "AWS::IAM::Role", replacement=True),
        Change("Modify", "Function", "AWS::Lambda::Function"),
        Change("Remove", "Distribution", "AWS::CloudFront::Distribution"),
        Change("Import", "Kept", "AWS::S3::Bucket"),
    )
    lines = list(stack.plan_lines(stack.StackPlan("s", "c", new=False, changes=changes)))
    assert [" ".join(line.split()) for line in lines] == [
        "+ Queue new (AWS::SQS::Queue)",
        "~ Bucket replaced, with what it holds (AWS::S3::Bucket)",
        "~ Role replaced (AWS::IAM::Role)",
        "~ Function changed (AWS::Lambda::Function)",
        "- Distribution removed, with what it holds (AWS::CloudFront::Distribution)",
        "< Kept taken over (AWS::S3::Bucket)",
        "1 to make, 3 to change, 1 to remove, 1 to take over",
    ]
