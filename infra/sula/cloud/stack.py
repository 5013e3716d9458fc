"""The stack: from the template to running resources, by change set.

    template = load_template()
    outputs = ensure(stacks, "sula", template, {}, progress=print)

`plan` makes a change set and shows it, `apply` carries it out and follows its events;
`ensure` is both. A stack that cannot be updated is named with the remedy.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sula.cloud.ports import Change, StackEvent, Stacks, StackState
from sula.errors import CloudError, StackError, Unavailable
from sula.shipped import shipped

_INCLUDE = re.compile(r"^( *)// include (\S+)\n", re.MULTILINE)
_COMMENT = re.compile(r"^ *#.*\n", re.MULTILINE)
# A bucket's name has at most 63 characters, of which account and region take 28.
_NAME = re.compile(r"[a-z][a-z0-9-]{0,34}")
_LONGEST_TEMPLATE = 51_200
# What holds something that another of its kind would not. A distribution holds its address, but
# no change of settings ever replaces one, so only its removal counts.
_REPLACEABLE = {"AWS::S3::Bucket", "AWS::SQS::Queue"}
_REMOVABLE = _REPLACEABLE | {"AWS::CloudFront::Distribution"}
_NEVER_MADE = {"REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED"}
_STACK = "AWS::CloudFormation::Stack"
_PATIENCE = 30 * 60.0

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Outputs:
    """What a stack made, by the names the rest of sula uses.

    Those that are empty a stack of an earlier version of the template does not have.
    """

    bucket: str
    function: str
    architecture: str
    log_group: str
    queue_url: str
    dead_letters_url: str
    distribution_id: str
    distribution_domain: str
    site_url: str = ""
    access_log_bucket: str = ""
    schedule_group: str = ""
    schedule_role: str = ""
    release: str = ""
    redirects: str = ""

    @classmethod
    def of(cls, name: str, state: StackState) -> Outputs:
        """Read a stack's outputs; `CloudError` when one is missing."""
        try:
            found = state.outputs
            return cls(
                bucket=found["BucketName"],
                function=found["FunctionName"],
                architecture=found["Architecture"],
                log_group=found["LogGroupName"],
                queue_url=found["QueueUrl"],
                dead_letters_url=found["DeadLettersUrl"],
                distribution_id=found["DistributionId"],
                distribution_domain=found["DistributionDomain"],
                site_url=found.get("SiteUrl", ""),
                access_log_bucket=found.get("AccessLogBucketName", ""),
                schedule_group=found.get("ScheduleGroup", ""),
                schedule_role=found.get("ScheduleRoleArn", ""),
                release=found.get("ReleaseArn", ""),
                redirects=found.get("RedirectsArn", ""),
            )
        except KeyError as error:
            if not state.outputs and state.status not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
                raise CloudError(
                    f"stack {name} is {state.status}; {remedy(state.status)}"
                ) from error
            raise CloudError(
                f"stack {name} has no output {error}: it is not Sula's, or from another version;"
                " choose another name under `stack` in [tool.sula]"
            ) from error


@dataclass(frozen=True)
class StackPlan:
    """A change set that is ready. Without changes there is nothing to carry out."""

    name: str
    change_set: str
    new: bool
    changes: tuple[Change, ...]

    @property
    def losses(self) -> tuple[Change, ...]:
        """The changes that would throw away something that holds data."""
        return tuple(
            change
            for change in self.changes
            if (change.type in _REPLACEABLE and change.replacement)
            or (change.type in _REMOVABLE and change.action == "Remove")
        )


def load_template(path: Path | None = None) -> str:
    """The template as CloudFormation gets it.

    A line ``// include FILE`` is replaced by that file of ``infra/``, at its indentation;
    comments are left out, to stay below CloudFormation's 51,200 bytes.
    """
    source = (path or shipped("infra/template.yaml")).read_text("utf-8")

    def included(found: re.Match[str]) -> str:
        lines = shipped(f"infra/{found[2]}").read_text("utf-8").splitlines()
        return "".join(f"{found[1]}{line}\n" if line else "\n" for line in lines)

    template = _INCLUDE.sub(included, _COMMENT.sub("", source))
    size = len(template.encode())
    if size > _LONGEST_TEMPLATE:
        raise CloudError(f"the template has {size} bytes; CloudFormation takes {_LONGEST_TEMPLATE}")
    return template


def bucket_name(name: str, account: str, region: str) -> str:
    """The bucket of a stack, as the template names it."""
    return f"{name}-{account}-{region}"


def outputs(stacks: Stacks, name: str) -> Outputs:
    """The outputs of a stack that exists; `CloudError` with the remedy when it does not."""
    state = stacks.describe(name)
    if state is None or state.status == "REVIEW_IN_PROGRESS":
        raise CloudError(f"there is no stack {name} yet: run `sula deploy --create`")
    return Outputs.of(name, state)


def plan(stacks: Stacks, name: str, template: str, parameters: Mapping[str, str]) -> StackPlan:
    """Make a change set for a stack, new or not. Raises `StackError` where that cannot be.

    ``parameters`` is all there is: one that is not named takes the template's default again.
    """
    if not _NAME.fullmatch(name):
        raise CloudError(
            f"{name!r} cannot name a stack: its bucket is called after it, so at most 35 lower-case"
            " letters, digits and hyphens, the first a letter; change `stack` in [tool.sula]"
        )
    clear(stacks, name)
    state = stacks.describe(name)
    new = state is None
    if state is not None and not state.status.endswith("_COMPLETE"):
        raise StackError(f"stack {name} is {state.status}; {remedy(state.status)}")
    digest = hashlib.sha256(json.dumps([template, sorted(parameters.items())]).encode())
    change_set = f"sula-{digest.hexdigest()[:16]}"
    if state is not None:
        stacks.discard(name, change_set)
    changes = stacks.prepare(name, change_set, template, parameters, new=new)
    return StackPlan(name, change_set, new, changes)


def clear(stacks: Stacks, name: str) -> None:
    """Remove what a creation left that failed, or was never agreed to.

    CloudFormation cannot update the first. The second is empty, and would hide that a bucket of an
    earlier stack waits to be taken over.
    """
    state = stacks.describe(name)
    if state is not None and state.status in _NEVER_MADE:
        destroy(stacks, name, progress=lambda _: None)


def remedy(status: str) -> str:
    """What to do about a stack that cannot be changed as it is."""
    if status in _NEVER_MADE:
        return "`sula deploy --create` removes what is left of it and begins anew"
    if status.endswith("_IN_PROGRESS"):
        return (
            "wait until it has settled (the CloudFormation console shows what it is doing), then"
            " try again"
        )
    if status == "UPDATE_ROLLBACK_FAILED":
        return (
            "CloudFormation could not undo a change and waits for you: its console names the"
            " resource and the reason; mend that, choose `Continue update rollback` there, then try"
            " again"
        )
    if status.endswith("_COMPLETE"):
        return "`sula deploy --create` goes on from there"
    return "`sula destroy` removes it and keeps the bucket; then create it anew"


def take_over(stacks: Stacks, name: str, bucket: str) -> None:
    """Begin a new stack with the bucket that an earlier one has left, and nothing else.

    The update that follows gives the bucket all that the template says of it. Raises `StackError`.
    """
    template = (
        "Resources:\n  Bucket:\n    Type: AWS::S3::Bucket\n    DeletionPolicy: Retain\n"
        "    UpdateReplacePolicy: Retain\n    Properties:\n"
        # The template's own words: a name that is worked out otherwise would look like another.
        '      BucketName: !Sub "${AWS::StackName}-${AWS::AccountId}-${AWS::Region}"\n'
    )
    change_set = "sula-take-over"
    stacks.prepare_import(name, change_set, template, bucket)
    stacks.execute(name, change_set)
    _wait(stacks, name, seen=set(), progress=lambda _: None)


def decline(stacks: Stacks, wanted: StackPlan) -> None:
    """Drop a plan, and the empty stack that making a new one's plan has left."""
    stacks.discard(wanted.name, wanted.change_set)
    if wanted.new:
        stacks.delete(wanted.name)


def apply(
    stacks: Stacks,
    wanted: StackPlan,
    *,
    progress: Progress,
    allow_losses: bool = False,
    pause: Callable[[float], None] = time.sleep,
) -> Outputs:
    """Carry a plan out, tell each resource's progress, return the outputs.

    Raises `StackError` naming the first resource that failed and why, after
    CloudFormation has rolled back; and, before anything is done, when the plan would throw
    data away and ``allow_losses`` does not say so.
    """
    if wanted.losses and not allow_losses:
        decline(stacks, wanted)
        lost = ", ".join(f"{change.resource} ({change.type})" for change in wanted.losses)
        raise StackError(
            f"stack {wanted.name}: this would replace or remove {lost}, and what it holds;"
            " nothing was changed. To do it all the same: --allow-replacement"
        )
    if wanted.changes:
        seen = set() if wanted.new else {event.id for event in stacks.events(wanted.name)}
        stacks.execute(wanted.name, wanted.change_set)
        _wait(stacks, wanted.name, seen=seen, progress=progress, pause=pause)
    return outputs(stacks, wanted.name)


def ensure(
    stacks: Stacks,
    name: str,
    template: str,
    parameters: Mapping[str, str],
    *,
    progress: Progress,
    allow_losses: bool = False,
) -> Outputs:
    """`plan` and `apply`: afterwards the stack is what the template says."""
    wanted = plan(stacks, name, template, parameters)
    return apply(stacks, wanted, progress=progress, allow_losses=allow_losses)


def destroy(stacks: Stacks, name: str, *, progress: Progress) -> None:
    """Delete a stack; resources with a retention policy (the bucket) stay."""
    if stacks.describe(name) is None:
        return
    seen = {event.id for event in stacks.events(name)}
    stacks.delete(name)
    _wait(stacks, name, seen=seen, progress=progress)


def _wait(
    stacks: Stacks,
    name: str,
    *,
    seen: set[str],
    progress: Progress,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Follow a stack until it has settled; `StackError` when it settled elsewhere."""
    waited, step, happened = 0.0, 0.1, list[StackEvent]()
    while waited < _PATIENCE:
        try:
            state = stacks.describe(name)
            if state is None:
                return
            fresh = [event for event in stacks.events(name) if event.id not in seen]
        except Unavailable:
            # CloudFormation goes on without us: a question that got lost is asked again.
            pause(step)
            waited, step = waited + step, min(step * 1.5, 3.0)
            continue
        seen.update(event.id for event in fresh)
        happened += fresh
        for event in fresh:
            progress(f"{event.resource}: {event.status.replace('_', ' ').lower()}")
        # The status alone could still be the one from before: its own event must be there, too.
        settled = any(e.type == _STACK and e.status == state.status for e in happened)
        if settled and not state.status.endswith("_IN_PROGRESS"):
            if state.status in {"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"}:
                return
            raise StackError(f"stack {name}: {first_failure(happened) or state.reason}")
        pause(step)
        waited, step = waited + step, min(step * 1.5, 3.0)
    raise StackError(
        f"stack {name} has not settled after {waited / 60:.0f} minutes; CloudFormation goes on"
        " (its console shows what it waits for). Run the same command again when it has ended"
    )


_SIGNS = {"Add": "+", "Remove": "-", "Import": "<"}


def plan_lines(wanted: StackPlan) -> Iterator[str]:
    """A change set as `sula plan` shows a plan: a sign, the resource, what happens to it."""
    width = max((len(change.resource) for change in wanted.changes), default=0)
    for change in wanted.changes:
        words = {"Add": "new", "Remove": "removed", "Import": "taken over"}.get(
            change.action, "changed"
        )
        if change.replacement and change.action == "Modify":
            words = "replaced"
        if change in wanted.losses:
            words += ", with what it holds"
        sign = _SIGNS.get(change.action, "~")
        yield f"{sign} {change.resource:<{width}}  {words}  ({change.type})"
    if not wanted.changes:
        yield f"Stack {wanted.name} is as its template says"
        return
    counts = Counter(_SIGNS.get(change.action, "~") for change in wanted.changes)
    verbs = {"+": "make", "~": "change", "-": "remove", "<": "take over"}
    yield ", ".join(f"{counts[sign]} to {verb}" for sign, verb in verbs.items() if counts[sign])


def first_failure(events: Iterable[StackEvent]) -> str:
    """The first resource that failed by itself, and why; later ones were only cancelled."""
    for event in events:
        if event.status.endswith("_FAILED") and "cancelled" not in event.reason.lower():
            return f"{event.resource} ({event.type}): {event.reason or event.status}"
    return ""
