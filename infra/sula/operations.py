"""What the commands do that look after a running site: status, rollback, doctor, destroy."""

from __future__ import annotations

import json

import click

from sula.cli_parts import NOBODY
from sula.cloud.connect import cloud_of, connect
from sula.cloud.status import letter_lines, live, stack_lines, stack_status, status_lines
from sula.config import Config
from sula.console import Console
from sula.errors import ConfigError
from sula.publishing.claims import Clock
from sula.report import plural


def run_status(
    config: Config, console: Console, *, letters: bool, redrive: bool, as_json: bool
) -> None:
    """Tell of the stack and the site; or read or redrive the dead letters."""
    target = connect(config)
    if (letters or redrive) and target.dead_letters is not None:
        if letters:
            found = target.dead_letters.peek(50)
            if as_json:
                console.line(json.dumps([letter._asdict() for letter in found], indent=2))
            else:
                for line in letter_lines(found):
                    console.line(line)
        if redrive:
            from sula.cloud.services import CloudFormation  # noqa: PLC0415 - only here
            from sula.cloud.stack import outputs  # noqa: PLC0415 - the same

            queue = outputs(CloudFormation(cloud_of(config)), config.stack).queue_url
            count = target.dead_letters.move_to(queue)
            console.line(f"{plural(count, 'message')} will be tried again")
        return
    stack = stack_status(config)
    answer = live(target, Clock())
    if as_json:
        console.line(json.dumps({**answer, "stack": stack}, ensure_ascii=False, indent=2))
        return
    for line in (*status_lines(answer), *stack_lines(stack)):
        console.line(line)


def run_rollback(config: Config, console: Console, deploys: int, *, wait: bool) -> None:
    """Roll back, and tell what readers now see."""
    from sula.cloud.stack import outputs  # noqa: PLC0415 - the same
    from sula.publishing.rollback import Rollback  # noqa: PLC0415 - only here

    target = connect(config)
    cloud = cloud_of(config)
    if config.is_local:
        from sula.cloud.connect import running  # noqa: PLC0415 - the same

        known = running(config).outputs
        bucket = known.bucket if known else ""
    else:
        from sula.cloud.services import CloudFormation  # noqa: PLC0415 - the same

        bucket = outputs(CloudFormation(cloud), config.stack).bucket
    done = Rollback(target, cloud.objects(bucket), wait=wait).run(deploys)
    then = done.past.record
    commit = f", commit {then.commit[:10]}" if then.commit else ""
    console.line(
        f"The pages are those of deploy {then.revision} of {done.past.written}{commit}: "
        f"{plural(len(done.published.written), 'object')} brought back, "
        f"{len(done.published.removed)} removed."
    )
    console.line(
        f"This is deploy {done.revision}. `sula rollback` takes it back; `sula deploy` publishes "
        "your folder again."
    )


def run_doctor(config: Config, console: Console, *, as_json: bool) -> bool:
    """Check everything, and say whether all is well."""
    from sula.cloud.doctor import examine  # noqa: PLC0415 - only here

    found = list(examine(config))
    if as_json:
        console.line(json.dumps([check._asdict() for check in found], indent=2))
    else:
        signs = {"ok": ("ok", "green"), "note": ("note", "yellow"), "wrong": ("wrong", "red")}
        for check in found:
            word, colour = signs[check.state]
            console.line(f"{console.paint(f'{word:<6}', colour)}{check.what}: {check.said}")
    return all(check.state != "wrong" for check in found)


def run_destroy(config: Config, console: Console, *, bucket: bool, yes: bool) -> None:
    """Say what goes, ask, and remove it."""
    from sula.cloud.manage import destroy, what_goes  # noqa: PLC0415 - only here

    for line in what_goes(config, bucket=bucket):
        console.line(line)
    if not yes:
        try:
            answer = click.prompt("Type the stack's name to go on", default="", show_default=False)
        except click.Abort as error:
            raise ConfigError(NOBODY) from error
        if answer != config.stack:
            raise ConfigError("nothing was removed: that is not the stack's name")
    destroy(config, console, bucket=bucket)
