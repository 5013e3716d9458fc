"""The command line: parse, call, print, exit status. Heavy modules load inside the commands."""

from __future__ import annotations

import atexit
import gc
import io
import signal
import sys
import time
from pathlib import Path
from types import FrameType

import click

from sula.cli_authors import COMMANDS
from sula.cli_parts import agreed as _agreed
from sula.cli_parts import config as _config
from sula.cli_parts import console as _console
from sula.cli_parts import example as _example
from sula.cli_parts import print_json as _json
from sula.errors import ContentError, SulaError, refusal

_BEGAN = time.monotonic()  # near enough to when the author pressed the key
_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 92}
_IN_ORDER = {
    "init": "Make a site of your own in a folder.",
    "new": "Make a post, with title, date and identity.",
    "up": "Run the whole system on this machine, reloading as you save.",
    "check": "Find every problem in the content.",
    "explain": "Explain a finding by its code.",
    "plan": "Say what a deploy would do, and why.",
    "deploy": "Publish, and end when the feeds show it.",
    "status": "Say what is live, what is owed, what failed.",
    "rollback": "Bring the pages back as they were some deploys ago.",
    "doctor": "Check what a deploy needs, and say what to do about it.",
    "destroy": "Remove the cloud, after naming what will be lost.",
    "reindex": "Have lists and feeds made anew, from the pages alone.",
    "build": "Write the complete site as plain files, for any host.",
    "remote": "Make a git remote on this machine that deploys on push.",
    "import": "Bring a Jekyll, Hugo or Pelican site over.",
    "stats": "Say how much was written, when, and about what.",
    "schema": "Print a JSON Schema, for editors and programs.",
    "completion": "Have your shell complete commands and options.",
}
"""The commands as one meets them, each on a line of ``--help``."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_IN_ORDER)


@click.group(cls=_Commands, context_settings=_CONTEXT)
@click.version_option(package_name="sula", message="sula %(version)s")
@click.option("--site", type=click.Path(path_type=Path), default=None, help="The site's folder.")
@click.option("--stack", default=None, help="The stack's name (SULA_STACK).")
@click.option("--cloud", default=None, help='"local" or an AWS region (SULA_CLOUD).')
@click.pass_context
def cli(context: click.Context, site: Path | None, stack: str | None, cloud: str | None) -> None:
    """Publish a blog that you own: push Markdown, and every page, feed and index is live.

    Every command works on the site around the current folder, the nearest one upward with a
    pelicanconf.py, and says with --help how it is used.

    Exit status: 0 done, 1 problems in the content, 2 could not run.
    """
    context.obj = {"site": site, "flags": {"stack": stack, "cloud": cloud}}


for _command in COMMANDS:
    cli.add_command(_command)


@cli.command(epilog=_example("sula up", "sula up --port 9000"))
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True,
              help="The port of http://127.0.0.1 to serve at.")  # fmt: skip
def up(port: int) -> None:
    """Run the whole system on this machine: local cloud, site, live reload."""
    from sula.local.up import up as run  # noqa: PLC0415 - heavy modules inside commands

    run(_config(cloud="local"), port, _console())


@cli.command(epilog=_example("sula build public"))
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--url", default=None, help="The address it will have, instead of SITEURL.")
def build(folder: Path, url: str | None) -> None:
    """Write the complete site as plain files, lists and feeds included, for any host.

    DIR must be empty, absent, or the result of an earlier build.
    """
    from sula.commands import run_build  # noqa: PLC0415 - heavy modules inside commands

    run_build(_config(), folder, url, _console())


@cli.command(epilog=_example("sula plan", "sula plan --json"))
@click.option("--json", "as_json", is_flag=True, help="For a program.")
@click.option("--verify", is_flag=True, help="List the bucket and compare it with the record.")
@click.option("--full", is_flag=True, help="As if every page had to be rendered.")
def plan(as_json: bool, verify: bool, full: bool) -> None:  # noqa: FBT001 - click's way
    """Say what a deploy would do now, and why, line by line. Changes nothing."""
    from sula.commands import run_plan  # noqa: PLC0415 - heavy modules inside commands
    from sula.report import plan_data, plan_lines  # noqa: PLC0415 - the same

    prepared = run_plan(_config(), verify=verify, full=full)
    if as_json:
        _json(plan_data(prepared.plan))
        return
    console = _console()
    console.findings(prepared.warnings)
    for line in plan_lines(prepared.plan):
        console.change(line)


@cli.command(epilog=_example("sula deploy", "sula deploy --verify", "sula deploy --create"))
@click.option("--force", is_flag=True, help="Even if more than a fifth of the pages would go.")
@click.option("--verify", is_flag=True, help="List the bucket, and mend what is not as it should.")
@click.option("--full", is_flag=True, help="Render everything, and write the record anew.")
@click.option(
    "--create",
    is_flag=True,
    help="Create or update the stack first: shows what would change, and asks.",
)
@click.option("--yes", is_flag=True, help="With --create: do not ask.")
@click.option("--allow-replacement", is_flag=True,
              help="With --create: even if something that holds data is replaced.")  # fmt: skip
@click.option("--wait/--no-wait", default=True, help="Until the feeds show it (the default).")
def deploy(  # noqa: PLR0917 - click's way
    force: bool,  # noqa: FBT001 - the same
    verify: bool,  # noqa: FBT001 - the same
    full: bool,  # noqa: FBT001 - the same
    create: bool,  # noqa: FBT001 - the same
    yes: bool,  # noqa: FBT001 - the same
    allow_replacement: bool,  # noqa: FBT001 - the same
    wait: bool,  # noqa: FBT001 - the same
) -> None:
    """Publish: render what changed, upload it, and end when the feeds show it."""
    from sula.commands import run_deploy  # noqa: PLC0415 - heavy modules inside commands
    from sula.publishing.deploy import Options  # noqa: PLC0415 - the same

    options = Options(force=force, full=full, verify=verify, wait=wait)
    run_deploy(
        _config(), options, _console(), create=create, allow_losses=allow_replacement,
        agreed=(lambda _: True) if yes else _agreed, began=_BEGAN,
    )  # fmt: skip


@cli.command(epilog=_example("sula status", "sula status --letters", "sula status --json"))
@click.option("--letters", is_flag=True, help="Read the dead letters: events that failed.")
@click.option("--redrive", is_flag=True, help="Have the dead letters tried again.")
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def status(letters: bool, redrive: bool, as_json: bool) -> None:  # noqa: FBT001 - click's way
    """Say what is live, what is owed, what failed."""
    from sula.operations import run_status  # noqa: PLC0415 - heavy modules inside commands

    run_status(_config(), _console(), letters=letters, redrive=redrive, as_json=as_json)


@cli.command(epilog=_example("sula rollback", "sula rollback 3"))
@click.argument("deploys", metavar="[N]", type=click.IntRange(1), default=1)
@click.option("--wait/--no-wait", default=True, help="Until the feeds show it (the default).")
def rollback(deploys: int, wait: bool) -> None:  # noqa: FBT001 - click's way
    """Bring the pages back as they were N deploys ago (1 unless you say otherwise).

    Lists and feeds follow. Another rollback takes it back, and so does the next deploy.
    """
    from sula.operations import run_rollback  # noqa: PLC0415 - heavy modules inside commands

    run_rollback(_config(), _console(), deploys, wait=wait)


@cli.command(epilog=_example("sula doctor", "sula --cloud eu-central-1 doctor"))
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def doctor(as_json: bool) -> None:  # noqa: FBT001 - click's way
    """Check what a deploy needs: credentials, region, stack, quotas, domain, certificate."""
    from sula.operations import run_doctor  # noqa: PLC0415 - heavy modules inside commands

    sys.exit(0 if run_doctor(_config(), _console(), as_json=as_json) else 2)


@cli.command(epilog=_example("sula destroy", "sula destroy --bucket"))
@click.option("--bucket", is_flag=True, help="The bucket, too, with every page and old version.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def destroy(bucket: bool, yes: bool) -> None:  # noqa: FBT001 - click's way
    """Remove the cloud: names what will be lost, and asks. The bucket stays unless you say so."""
    from sula.operations import run_destroy  # noqa: PLC0415 - heavy modules inside commands

    run_destroy(_config(), _console(), bucket=bucket, yes=yes)


@cli.command(epilog=_example("sula reindex", "sula reindex --accept-feeds"))
@click.option("--accept-feeds", is_flag=True, help="Only let the feeds through that are held back.")
def reindex(accept_feeds: bool) -> None:  # noqa: FBT001 - click's way
    """Have the lists and feeds made anew, from the published pages alone."""
    from sula.cloud.connect import connect  # noqa: PLC0415 - heavy modules inside commands
    from sula.publishing.reindex import accept_held, reindex  # noqa: PLC0415 - the same

    target = connect(_config())
    if accept_feeds:
        accept_held(target)
        click.echo("The feeds that were held back are let through.")
        return
    count = reindex(target, part=lambda n: click.echo(f"Invocation {n} has ended."))
    click.echo(f"Lists and feeds are made anew, in {count} invocation{'s' if count > 1 else ''}.")


@cli.command(epilog=_example("sula remote", "git remote add sula .sula/remote.git",
                             "git push sula main"))  # fmt: skip
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option("--branch", default=None, help="The branch to deploy (SULA_BRANCH).")
def remote(folder: Path | None, branch: str | None) -> None:
    """Make a git remote on this machine that deploys what is pushed to it."""
    from sula.local.remote import make_remote, remote_lines  # noqa: PLC0415 - heavy modules inside commands

    config = _config(branch=branch)
    place = make_remote(config, folder or config.root / ".sula" / "remote.git")
    for line in remote_lines(config, place):
        click.echo(line)


for _name, _short in _IN_ORDER.items():
    cli.commands[_name].short_help = _short


def _end(number: int, _frame: FrameType | None) -> None:
    """End as after Ctrl-C, with what clears up behind it, and a shell's status for a signal."""
    raise SystemExit(128 + number)


def main() -> None:
    """The console script: every expected error becomes one message and an exit status."""
    hang_up = [signal.SIGHUP] if hasattr(signal, "SIGHUP") else []  # not on every system
    for number in (signal.SIGTERM, *hang_up):
        if signal.getsignal(number) is signal.SIG_DFL:  # with nohup(1) it is another
            signal.signal(number, _end)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as that of errors is already
    # A command is over soon, and what it makes at first (a row for each of perhaps 100,000
    # posts) stays: looking for garbage among it took a third of the planning.
    gc.set_threshold(50_000, 50, 1000)
    # Nor is it looked through at the very end, which takes longer than to start.
    atexit.register(gc.freeze)
    try:
        cli.main(standalone_mode=False)
    except ContentError as error:
        console = _console()
        console.findings(error.findings)
        sys.exit(error.exit_status)
    except SulaError as error:
        _console().trouble(str(error))
        sys.exit(error.exit_status)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (KeyboardInterrupt, click.Abort):
        sys.exit(130)
    except OSError as error:
        # Whose output nobody reads any more has ended before: click sees to that.
        _console().trouble(refusal(error))
        sys.exit(2)
