"""The stack from the command line: made, updated, destroyed, each time shown before."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sula.cloud import stack
from sula.cloud.aws import Cloud, S3Objects
from sula.cloud.connect import cloud_of
from sula.cloud.monitoring import SqsQueue
from sula.cloud.services import CloudFormation, LambdaFunction, github_provider
from sula.config import Config
from sula.console import Console
from sula.errors import CloudError, ConfigError, StackError
from sula.publishing.inventory import read_record
from sula.report import plural

_EMPTYINGS = 3
# What a stack without a site may be: its creation failed or was not agreed to, or its deletion
# failed half-way.
_UNFINISHED = {
    "REVIEW_IN_PROGRESS", "CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED",
    "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE", "IMPORT_ROLLBACK_FAILED",
    "UPDATE_ROLLBACK_COMPLETE",
}  # fmt: skip
_PARAMETER = re.compile(r"^  ([A-Z][A-Za-z0-9]*):$", re.MULTILINE)


def parameter_names(template: str) -> tuple[str, ...]:
    """The parameters that a template has."""
    return tuple(_PARAMETER.findall(_section(template)))


def parameters(template: str) -> Mapping[str, Mapping[str, Any]]:
    """The parameters that a template has, with what it says of each."""
    import yaml  # noqa: PLC0415 - no deploy needs it

    found: dict[str, Mapping[str, Any]] = yaml.safe_load(_section(template))
    return found


def _section(template: str) -> str:
    return template.partition("\nParameters:\n")[2].partition("\nConditions:")[0]


def check_parameters(given: Mapping[str, str], template: str) -> None:
    """Raise `ConfigError` for a parameter that the template does not have."""
    names = parameter_names(template)
    for name in given:
        if name not in names:
            close = difflib.get_close_matches(name, names, 1)
            hint = f"is {close[0]} meant?" if close else f"there are: {', '.join(names)}"
            raise ConfigError(f"pyproject.toml: [tool.sula.parameters] {name} is none; {hint}")


def make_stack(
    config: Config,
    console: Console,
    *,
    allow_losses: bool = False,
    agreed: Callable[[str], bool] = lambda _: True,
) -> bool:
    """Create or update the stack, through a change set that is shown first.

    ``agreed`` is asked whether to go on, each time before something is changed.
    Returns whether what runs is the function as the stack now has it: an alias keeps the settings
    of its version until another is published. Raises `ConfigError` where ``agreed`` says no.
    """
    template = stack.load_template()
    check_parameters(config.parameters, template)
    cloud = cloud_of(config)
    stacks = CloudFormation(cloud)
    console.line(f"Stack {config.stack} in {cloud.endpoint.region}")
    bucket = stack.bucket_name(config.stack, cloud.account(), cloud.endpoint.region)
    stack.clear(stacks, config.stack)
    if stacks.describe(config.stack) is None and cloud.objects(bucket).exists():
        console.line(f"Bucket {bucket} of an earlier stack is there, with all that is in it")
        if not agreed("Take it over into a new stack?"):
            raise ConfigError(f"nothing was changed: bucket {bucket} stays as it is")
        stack.take_over(stacks, config.stack, bucket)
    given = {**config.parameters, **_provider(config, stacks)}
    wanted = stack.plan(stacks, config.stack, template, given)
    for line in stack.plan_lines(wanted):
        console.change(line)
    # What would lose data and was not allowed to is refused below; nobody need be asked.
    asks = bool(wanted.changes) and (allow_losses or not wanted.losses)
    if asks and not agreed("Make these changes?"):
        stack.decline(stacks, wanted)
        raise ConfigError(f"nothing was changed in stack {config.stack}")
    made = stack.apply(
        stacks, wanted, progress=lambda text: console.line(f"  {text}"), allow_losses=allow_losses
    )
    return LambdaFunction(cloud, made.function).is_published()


def _provider(config: Config, stacks: CloudFormation) -> Mapping[str, str]:
    """The account's provider for GitHub, where it has one that is not this stack's.

    There can be only one, and it stays when a stack goes: without this, a site that was destroyed
    could not be made again before somebody looked its name up.
    """
    given = config.parameters
    if not given.get("GitHubRepository") or given.get("GitHubProviderArn"):
        return {}
    if stacks.has(config.stack, "GitHub"):
        return {}
    found = github_provider(stacks.cloud)
    return {"GitHubProviderArn": found} if found else {}


def what_goes(config: Config, *, bucket: bool) -> Iterator[str]:
    """What destroying a stack would lose, and what stays, line by line."""
    cloud = cloud_of(config)
    name, region = config.stack, cloud.endpoint.region
    kept = cloud.objects(stack.bucket_name(name, cloud.account(), region))
    state = CloudFormation(cloud).describe(name)
    if state is None and (not bucket or not kept.exists()):
        raise CloudError(
            f"there is no stack {name} in {region}"
            + (f", and no bucket {kept.bucket}" if bucket else _left(kept))
        )
    if state is None:
        yield f"There is no stack {name} in {region} any more. This removes what it left:"
    elif state.outputs and state.status != "DELETE_FAILED":
        yield from _site_goes(cloud, stack.Outputs.of(name, state), name)
    elif state.status in _UNFINISHED:
        yield f"This removes what there is of stack {name} in {region}, which is {state.status}:"
    else:
        stack.Outputs.of(name, state)  # somebody else's, and it says so
    if bucket and kept.exists():
        yield f"  - the bucket {kept.bucket}: every page, list and old version. For ever"
    elif kept.exists():
        yield f"The bucket {kept.bucket} stays, with all that is in it; a new stack takes it over."


def _left(kept: S3Objects) -> str:
    if not kept.exists():
        return ""
    return f"; its bucket {kept.bucket} is there, which `sula destroy --bucket` removes"


def _site_goes(cloud: Cloud, found: stack.Outputs, name: str) -> Iterator[str]:
    record, _ = read_record(cloud.objects(found.bucket), lenient=True)
    pages = plural(sum(bool(row.etag) for row in record.sources), "page")
    yield f"This removes stack {name} in {cloud.endpoint.region}:"
    yield f"  - the address {found.site_url or found.distribution_domain}, with {pages}"
    yield f"  - the function {found.function}, its log and its alarms"
    waiting = sum(not row.gone for row in record.waiting)
    if waiting:
        yield f"  - {plural(waiting, 'schedule')}: posts that wait are not released"
    dead = sum(SqsQueue(cloud, found.dead_letters_url).depth())
    if dead:
        yield f"  - {plural(dead, 'message')} in the dead-letter queue"
    if found.access_log_bucket:
        yield f"  - the access log, bucket {found.access_log_bucket}"


def remove_with(log: S3Objects | None, remove: Callable[[], None]) -> None:
    """Remove a stack with its access log, if it has one.

    CloudFormation removes no bucket that holds something, and the edge writes its log while it
    serves, and for a while after: what came meanwhile goes with the next attempt.
    """
    for attempt in range(_EMPTYINGS):
        if log is not None and log.exists():
            log.remove_everything()
        try:
            return remove()
        except StackError:
            if log is None or not log.exists() or attempt == _EMPTYINGS - 1:
                raise
    raise AssertionError  # the loop returns or raises


def destroy(config: Config, console: Console, *, bucket: bool) -> None:
    """Remove the stack, if there is one; and with ``bucket`` what it published, too."""
    cloud = cloud_of(config)
    stacks = CloudFormation(cloud)
    state = stacks.describe(config.stack)
    log = state.outputs.get("AccessLogBucketName", "") if state is not None else ""
    remove_with(
        cloud.objects(log) if log else None,
        lambda: stack.destroy(
            stacks, config.stack, progress=lambda text: console.line(f"  {text}")
        ),
    )
    if bucket:
        name = stack.bucket_name(config.stack, cloud.account(), cloud.endpoint.region)
        objects = cloud.objects(name)
        if not objects.exists():  # the creation of its stack failed, and took it along
            return
        count = objects.remove_everything()
        objects.remove_bucket()
        console.line(f"Removed bucket {name} and {plural(count, 'version')} of objects")
