"""The command line: parse, call, print, exit status. Heavy modules load inside the commands."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sula.errors import ContentError, SulaError

if TYPE_CHECKING:
    from sula.config import Config
    from sula.console import Console

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 92}


def _example(*lines: str) -> str:
    return "\b\nExample:\n" + "\n".join(f"  {line}" for line in lines)


@click.group(context_settings=_CONTEXT)
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


def _config(**flags: str | None) -> Config:
    from sula.config import load_config  # noqa: PLC0415 - heavy modules inside commands

    given = click.get_current_context().obj
    return load_config(given["site"] or Path.cwd(), {**given["flags"], **flags})


def _console() -> Console:
    from sula.console import Console  # noqa: PLC0415 - the same

    return Console()


def _json(data: Any) -> None:  # noqa: ANN401 - whatever JSON can say
    click.echo(json.dumps(data, ensure_ascii=False, indent=2))


@cli.command(epilog=_example('sula new "On reading aloud" --tags writing,habits'))
@click.argument("title")
@click.option("--tags", default="", help="Tags, with commas between them.")
@click.option("--draft", is_flag=True, help="Keep it out of the site for now.")
def new(title: str, tags: str, draft: bool) -> None:  # noqa: FBT001 - click's way
    """Make a post: front matter with title, date and identity, in a file of its own."""
    from datetime import datetime  # noqa: PLC0415 - heavy modules inside commands

    from sula.new import new_post  # noqa: PLC0415 - the same
    from sula.settings import load_settings  # noqa: PLC0415 - the same

    settings = load_settings(_config().root)
    now = datetime.now(settings.zone)
    path = new_post(settings.content, title, now=now, tags=tags.split(","), draft=draft)
    here = Path.cwd()
    click.echo(path.relative_to(here) if path.is_relative_to(here) else path)


@cli.command(epilog=_example("sula up", "sula up --port 9000"))
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True,
              help="The port of http://127.0.0.1 to serve at.")  # fmt: skip
def up(port: int) -> None:
    """Run the whole system on this machine: local cloud, site, live reload."""
    from sula.up import up as run  # noqa: PLC0415 - heavy modules inside commands

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


@cli.command(epilog=_example("sula check", "sula check --json"))
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def check(as_json: bool) -> None:  # noqa: FBT001 - click's way
    """Find every problem in the content, as path:line: message. Needs no cloud."""
    from sula.commands import run_check  # noqa: PLC0415 - heavy modules inside commands

    findings = run_check(_config())
    if as_json:
        _json([
            {"path": f.path, "line": max(f.line, 1), "severity": f.severity, "message": f.message}
            for f in findings
        ])  # fmt: skip
    else:
        console = _console()
        console.findings(findings)
        if not findings:
            console.line("No problems found.")
    sys.exit(any(finding.severity == "error" for finding in findings))


@cli.command(
    "import",
    epilog=_example(
        "sula import jekyll ../old-blog my-blog", "sula import hugo ../old my-blog --feed feed.xml"
    ),
)
@click.argument("generator", type=click.Choice(("jekyll", "hugo", "pelican")))
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--url", default="", help="The old site's address, if its settings do not say.")
@click.option("--feed", multiple=True, type=click.Path(path_type=Path, dir_okay=False),
              help="A copy of an old feed, whose ids the posts keep. May be repeated.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the report for a program.")
def import_(  # noqa: PLR0917 - click's way
    generator: str,
    source: Path,
    folder: Path,
    url: str,
    feed: tuple[Path, ...],
    as_json: bool,  # noqa: FBT001 - the same
) -> None:
    """Bring a Jekyll, Hugo or Pelican site over into DIR. SOURCE is only read.

    Addresses and identities are kept. What cannot be carried over is marked in the text and
    listed in DIR/import-report.md; the exit status is then 1, and the site is not built before
    it was decided. Importing again changes nothing, and never a file that was edited since.
    """
    from sula.importers.command import import_lines, run_import  # noqa: PLC0415 - heavy modules inside commands
    from sula.importers.report import JSON  # noqa: PLC0415 - the same

    imported = run_import(generator, source, folder, url=url, feeds=feed)
    if as_json:
        click.echo((folder / JSON).read_text("utf-8"), nl=False)
    else:
        for line in import_lines(imported, folder):
            click.echo(line)
    sys.exit(bool(imported.report.counts["to decide"]))


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


@cli.command(epilog=_example("sula deploy", "sula deploy --verify"))
@click.option("--force", is_flag=True, help="Even if more than a fifth of the pages would go.")
@click.option("--verify", is_flag=True, help="List the bucket, and mend what is not as it should.")
@click.option("--full", is_flag=True, help="Render everything, and write the record anew.")
@click.option("--create", is_flag=True, help="Create or update the stack first.")
@click.option("--wait/--no-wait", default=True, help="Until the feeds show it (the default).")
def deploy(force: bool, verify: bool, full: bool, create: bool, wait: bool) -> None:  # noqa: FBT001 - click's way
    """Publish: render what changed, upload it, and end when the feeds show it."""
    from sula.commands import run_deploy  # noqa: PLC0415 - heavy modules inside commands
    from sula.deploy import Options  # noqa: PLC0415 - the same

    options = Options(force=force, full=full, verify=verify, wait=wait)
    run_deploy(_config(), options, _console(), create=create)


@cli.command(epilog=_example("sula status", "sula status --json"))
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def status(as_json: bool) -> None:  # noqa: FBT001 - click's way
    """Say what is live, what is owed, what failed."""
    from sula.claims import Clock  # noqa: PLC0415 - heavy modules inside commands
    from sula.connect import connect  # noqa: PLC0415 - the same
    from sula.live import live, status_lines  # noqa: PLC0415 - the same

    answer = live(connect(_config()), Clock())
    if as_json:
        _json(answer)
        return
    for line in status_lines(answer):
        click.echo(line)


@cli.command(epilog=_example("sula reindex", "sula reindex --accept-feeds"))
@click.option("--accept-feeds", is_flag=True, help="Only let the feeds through that are held back.")
def reindex(accept_feeds: bool) -> None:  # noqa: FBT001 - click's way
    """Have the lists and feeds made anew, from the published pages alone."""
    from sula.connect import connect  # noqa: PLC0415 - heavy modules inside commands
    from sula.reindex import accept_held, reindex  # noqa: PLC0415 - the same

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
    from sula.remote import make_remote  # noqa: PLC0415 - heavy modules inside commands

    config = _config(branch=branch)
    place = make_remote(config, folder or config.root / ".sula" / "remote.git")
    shown = place.relative_to(config.root) if place.is_relative_to(config.root) else place
    click.echo(f"{shown} deploys what is pushed to its branch {config.branch}. Once:\n")
    click.echo(f"  git remote add sula {shown}\n\nand then, whenever you like:\n")
    click.echo(f"  git push sula {config.branch}")


def main() -> None:
    """The console script: every expected error becomes one message and an exit status."""
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
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has seen enough
        sys.exit(0)
