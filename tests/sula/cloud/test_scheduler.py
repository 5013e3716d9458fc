"""One-time schedules through a client that notes what it is asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from sula.cloud.aws import Cloud
from sula.cloud.scheduler import Scheduler
from sula.errors import Unavailable

NOW = 1_800_000_000.0  # 2027-01-15T08:00:00Z


@dataclass
class FakeScheduler:
    """EventBridge Scheduler: what is there by name."""

    there: dict[str, dict[str, Any]] = field(default_factory=dict)

    def client(self, _: str) -> FakeScheduler:
        return self

    def _known(self, name: str) -> dict[str, Any]:
        if name not in self.there:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "any")
        return self.there[name]

    def get_schedule(self, **said: str) -> dict[str, Any]:
        return self._known(said["Name"])

    def update_schedule(self, **said: Any) -> dict[str, Any]:
        self._known(said["Name"])
        self.there[said["Name"]] = said
        return {"ScheduleArn": "arn"}

    def create_schedule(self, **said: Any) -> dict[str, Any]:
        assert said["Name"] not in self.there
        self.there[said["Name"]] = said
        return {"ScheduleArn": "arn"}

    def delete_schedule(self, **said: str) -> dict[str, Any]:
        self._known(said["Name"])
        del self.there[said["Name"]]
        return {}


def made(fake: FakeScheduler) -> Scheduler:
    return Scheduler(cast("Cloud", fake), "group", "function", "role", lambda: NOW)


@pytest.mark.parametrize(
    ("at", "asked"),
    [
        ("2027-01-15T09:00:00", "at(2027-01-15T09:00:00)"),
        ("2027-01-15T07:59:59", "at(2027-01-15T08:00:02)"),
        ("2027-01-15T08:00:00", "at(2027-01-15T08:00:02)"),
    ],
)
def test_a_moment_that_has_passed_meanwhile_is_as_soon_as_can_be(at: str, asked: str) -> None:
    fake = FakeScheduler()
    made(fake).set("a", at, {"page": "a.html"})
    one = fake.there["a"]
    assert one["ScheduleExpression"] == asked
    assert one["ScheduleExpressionTimezone"] == "UTC"
    assert one["ActionAfterCompletion"] == "DELETE"
    assert one["Target"]["Input"] == '{"page": "a.html"}'


def test_a_schedule_is_replaced_found_and_dropped_twice_without_harm() -> None:
    fake = FakeScheduler()
    schedules = made(fake)
    assert not schedules.exists("a")
    for at in ("2027-02-01T09:00:00", "2027-03-01T09:00:00"):
        schedules.set("a", at, {"page": "a.html"})
    assert schedules.exists("a")
    assert fake.there["a"]["ScheduleExpression"] == "at(2027-03-01T09:00:00)"
    schedules.cancel("a")
    schedules.cancel("a")
    assert not schedules.exists("a")


def test_a_schedule_that_another_deploy_is_changing_is_tried_again_by_who_asked() -> None:
    class Busy(FakeScheduler):
        def create_schedule(self, **_: Any) -> dict[str, Any]:
            raise ClientError({"Error": {"Code": "ConflictException"}}, "CreateSchedule")

        def delete_schedule(self, **_: str) -> dict[str, Any]:
            raise ClientError({"Error": {"Code": "ConflictException"}}, "DeleteSchedule")

    with pytest.raises(Unavailable, match="by another deploy"):
        made(Busy()).set("a", "2027-01-15T09:00:00", {})
    with pytest.raises(Unavailable, match="by another deploy"):
        made(Busy()).cancel("a")
