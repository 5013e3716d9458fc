"""The stack from the command line: made, updated, destroyed, each time shown before."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sula import stack
from sula.config import Config
from sula.connect import cloud_of
from sula.console import Console
from sula.errors import CloudError, ConfigError
from sula.inventory import read_record
from sula.report import plural
from sula.services import CloudFormation
from sula.watching import SqsQueue

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
) -> None:
    """Create or update the stack, through a change set that is shown first.

    ``agreed`` is asked whether to go on, each time before something is changed.
    Raises `ConfigError` where it says no.
    """
    template = stack.load_template()
    check_parameters(config.parameters, template)
    cloud = cloud_of(config)
    stacks = CloudFormation(cloud)
    console.line(f"Stack {config.stack} in {cloud.endpoint.region}")
    bucket = stack.bucket_name(config.stack, cloud.account(), cloud.endpoint.region)
    if stacks.describe(config.stack) is None and cloud.objects(bucket).exists():
        console.line(f"Bucket {bucket} of an earlier stack is there, with all that is in it")
        if not agreed("Take it over into a new stack?"):
            raise ConfigError(f"nothing was changed: bucket {bucket} stays as it is")
        stack.take_over(stacks, config.stack, bucket)
    wanted = stack.plan(stacks, config.stack, template, config.parameters)
    for line in stack.plan_lines(wanted):
        console.change(line)
    # What would lose data and was not allowed to is refused below; nobody need be asked.
    asks = bool(wanted.changes) and (allow_losses or not wanted.losses)
    if asks and not agreed("Make these changes?"):
        stack.decline(stacks, wanted)
        raise ConfigError(f"nothing was changed in stack {config.stack}")
    stack.apply(
        stacks, wanted, progress=lambda text: console.line(f"  {text}"), allow_losses=allow_losses
    )


def what_goes(config: Config, *, bucket: bool) -> Iterator[str]:
    """What destroying a stack would lose, and what stays, line by line."""
    cloud = cloud_of(config)
    found = stack.outputs(CloudFormation(cloud), config.stack)
    objects = cloud.objects(found.bucket)
    record, _ = read_record(objects, lenient=True)
    pages = plural(sum(bool(row.etag) for row in record.sources), "page")
    yield f"This removes stack {config.stack} in {cloud.endpoint.region}:"
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
    if bucket:
        yield f"  - the bucket {found.bucket}: every page, list and old version. For ever"
    else:
        yield f"The bucket {found.bucket} stays, with all that is in it; a new stack takes it over."


def destroy(config: Config, console: Console, *, bucket: bool) -> None:
    """Remove the stack; and with ``bucket`` what it published, too."""
    cloud = cloud_of(config)
    stacks = CloudFormation(cloud)
    found = stack.outputs(stacks, config.stack)
    if found.access_log_bucket:
        # CloudFormation removes no bucket that holds something.
        cloud.objects(found.access_log_bucket).remove_everything()
    stack.destroy(stacks, config.stack, progress=lambda text: console.line(f"  {text}"))
    if bucket:
        objects = cloud.objects(found.bucket)
        count = objects.remove_everything()
        objects.remove_bucket()
        console.line(f"Removed bucket {found.bucket} and {plural(count, 'version')} of objects")


def is_current(config: Config) -> bool | None:
    """Whether the stack is of this version's template; None where that cannot be asked."""
    try:
        return CloudFormation(cloud_of(config)).template(config.stack) == stack.load_template()
    except CloudError:
        return None
