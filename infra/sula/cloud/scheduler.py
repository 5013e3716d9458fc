"""`sula.cloud.ports.Schedules` in EventBridge Scheduler."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from sula.cloud.aws import Cloud, code_of, translated, unless_missing
from sula.errors import Unavailable
from sula.planning.scheduled import moment

if TYPE_CHECKING:
    from mypy_boto3_scheduler.client import EventBridgeSchedulerClient

_SOON = 2
_LATE = 3600
"""Seconds for which a release that fails is tried again; the next deploy publishes it anyway."""


@contextmanager
def _one_at_a_time(name: str) -> Iterator[None]:
    """Two deploys may not change one schedule at once: Scheduler refuses the second."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - see Cloud._make

    try:
        yield
    except ClientError as error:
        if code_of(error) != "ConflictException":
            raise
        raise Unavailable(f"schedule {name} is being changed by another deploy") from error


@dataclass(frozen=True)
class Scheduler:
    """One group of schedules, each of which calls one function as one role."""

    cloud: Cloud
    group: str
    function_arn: str
    role_arn: str
    now: Callable[[], float] = time.time

    @property
    def _client(self) -> EventBridgeSchedulerClient:
        return cast("EventBridgeSchedulerClient", self.cloud.client("scheduler"))

    def set(self, name: str, at: str, payload: Mapping[str, str]) -> None:
        """See `Schedules.set`. In UTC, so that no change of a zone's rules moves it."""
        # A deploy may take longer than was left; Scheduler is only asked for what is to come.
        at = max(at, moment(int(self.now()) + _SOON))
        wanted: dict[str, Any] = {
            "Name": name,
            "GroupName": self.group,
            "ScheduleExpression": f"at({at})",
            "ScheduleExpressionTimezone": "UTC",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "ActionAfterCompletion": "DELETE",
            "Target": {
                "Arn": self.function_arn,
                "RoleArn": self.role_arn,
                "Input": json.dumps(dict(payload)),
                "RetryPolicy": {"MaximumEventAgeInSeconds": _LATE, "MaximumRetryAttempts": 10},
            },
        }
        with translated(f"scheduling {name}"), _one_at_a_time(name):
            if unless_missing(lambda: self._client.update_schedule(**wanted)) is None:
                self._client.create_schedule(**wanted)

    def cancel(self, name: str) -> None:
        """See `Schedules.cancel`."""
        with translated(f"cancelling {name}"), _one_at_a_time(name):
            unless_missing(lambda: self._client.delete_schedule(Name=name, GroupName=self.group))

    def exists(self, name: str) -> bool:
        """See `Schedules.exists`. Listing would need a permission for the whole account."""
        with translated(f"looking for {name}"):
            found = unless_missing(
                lambda: self._client.get_schedule(Name=name, GroupName=self.group)
            )
            return found is not None
