"""The commands of those who write, from `init` to `completion`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sula.checks.codes import CODES
from sula.cli_parts import config, console, example, print_json, require_utf8, shown

if TYPE_CHECKING:
    from sula.errors import Finding


@click.command(
    epilog=example(
        "sula init my-blog",
        'sula init . --title "Field notes" --url https://notes.example --theme',
    )
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--title", default="", help="The site's name; else made from the folder's.")
@click.option("--url", default="", help="Where it will be, such as https://blog.example.")
@click.option("--author", default="", help="Who writes; else the site's name.")
@click.option("--language", default="en", show_default=True, help='Such as "de" or "pt-BR".')
@click.option("--timezone", default="", help='Such as "Europe/Vienna"; else this machine\'s.')
@click.option("--theme", is_flag=True, help="Put a copy of the theme into it, to change.")
@click.option("--workflow", type=click.Choice(("github", "gitlab", "none")), default="github",
              show_default=True, help="Whose workflow, to publish on push.")  # fmt: skip
@click.option("--requirement", default="", help="How pip finds Sula: a wheel's path or address.")
def init(folder: Path, **said: str | bool) -> None:
    """Make a site of your own in DIR: settings, first page, README, workflow.

    What is in DIR already is left as it is.
    """
    from sula.authoring.init import Wanted, init_lines  # noqa: PLC0415 - heavy modules inside commands
    from sula.authoring.init import init as make  # noqa: PLC0415 - the same

    made = make(folder, Wanted(**said))  # type: ignore[arg-type]
    for line in init_lines(made, folder):
        click.echo(line)


@click.command(
    epilog=example(
        'sula new "On reading aloud" --tags writing,habits',
        'sula new "Part two" --series "A long story" --edit',
        "sula new --note",
    )
)
@click.argument("title", default="")
@click.option("--tags", default="", help="Tags, with commas between them.")
@click.option("--draft", is_flag=True, help="Keep it out of the site for now.")
@click.option("--note", is_flag=True, help="A short post, which needs no title.")
@click.option("--link", default="", metavar="URL", help="A post about another page: its address.")
@click.option("--series", default="", metavar="NAME", help="The next part of a series.")
@click.option("--edit/--no-edit", help="Open it in $VISUAL or $EDITOR.")
def new(title: str, tags: str, edit: bool, **said: str | bool) -> None:  # noqa: FBT001 - click's way
    """Make a post: front matter with title, date and identity, in a file of its own."""
    from datetime import datetime  # noqa: PLC0415 - heavy modules inside commands

    from sula.authoring.new import new_post  # noqa: PLC0415 - the same
    from sula.site.settings import load_settings  # noqa: PLC0415 - the same

    settings = load_settings(config().root)
    now = datetime.now(settings.zone)
    path = new_post(settings.content, title, now=now, tags=tags.split(","), **said)  # type: ignore[arg-type]
    click.echo(shown(path))
    if edit:
        try:
            click.edit(filename=str(path))
        except click.ClickException as error:
            from sula.errors import SulaError  # noqa: PLC0415 - only where it is raised

            raise SulaError(
                f"{shown(path)} is made, and no editor opened it: {error.message}; "
                "say in VISUAL or EDITOR which to use"
            ) from error


@click.command(epilog=example("sula check", "sula check --fix", "sula check --external --json"))
@click.option("--fix", is_flag=True, help="First mend what can be mended without asking.")
@click.option("--external", is_flag=True, help="Also ask whether other sites' pages are there.")
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def check(fix: bool, external: bool, as_json: bool) -> None:  # noqa: FBT001 - click's way
    """Find every problem in the content, as path:line:column: message. Needs no cloud."""
    from sula.commands import checkout_of, run_check, run_external  # noqa: PLC0415 - heavy modules inside commands

    here, out = config(), console()
    if fix:
        from sula.checks.fix import fix as mend  # noqa: PLC0415 - the same

        mended = mend(checkout_of(here))
        for line in () if as_json else mended:
            out.line(str(line))
    findings = run_check(here, out)
    if external:
        findings = sorted([*findings, *run_external(here, out)])
    if as_json:
        print_json([
            {"path": f.path, "line": max(f.line, 1), "column": max(f.column, 1),
             "severity": f.severity, "code": f.code, "message": f.message,
             "page": f"/findings/{f.code}/"}
            for f in findings
        ])  # fmt: skip
    else:
        out.findings(findings, trouble=False)
        out.line(counted(findings))
        if findings:
            out.line(f"Why, and what to do: sula explain {findings[0].code}, and so on.")
    sys.exit(any(finding.severity == "error" for finding in findings))


def counted(findings: Sequence[Finding]) -> str:
    """How many there are of each severity."""
    from sula.report import plural  # noqa: PLC0415 - heavy modules inside commands

    errors = sum(finding.severity == "error" for finding in findings)
    words = [plural(errors, "error")] if errors else []
    if len(findings) > errors:
        words.append(plural(len(findings) - errors, "warning"))
    return " and ".join(words) or "No problems found."


class _Codes(click.Choice[str]):
    """Codes of findings, of which there are too many to be listed in an error."""

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """See `click.ParamType`; suggests what is near."""
        if value not in CODES:
            import difflib  # noqa: PLC0415 - only where somebody has slipped

            close = difflib.get_close_matches(str(value), CODES, 1)
            hint = f"is {close[0]} meant?" if close else "`sula explain` lists them all"
            self.fail(f"{value!r} is no code of a finding; {hint}", param, ctx)
        return str(value)


@click.command(epilog=example("sula explain image-alt", "sula explain"))
@click.argument("code", required=False, type=_Codes(CODES), metavar="[CODE]")
def explain(code: str | None) -> None:
    """Explain a finding of a check by its code: why it is found, an example, what to do.

    Without a code, list them all.
    """
    from sula.checks.explain import explanations, lines  # noqa: PLC0415 - heavy modules inside commands

    if code is not None:
        click.echo("\n".join(lines(explanations()[code])))
        return
    area = ""
    for one in explanations().values():
        if one.area != area:
            click.echo(("\n" if area else "") + one.area)
            area = one.area
        click.echo(f"  {one.code:<25} {one.title}")


@click.command(
    "import",
    epilog=example(
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
    from sula.console import PATIENCE, Following  # noqa: PLC0415 - heavy modules inside commands
    from sula.importers.command import import_lines, run_import  # noqa: PLC0415 - the same
    from sula.importers.report import JSON  # noqa: PLC0415 - the same

    require_utf8()
    following = Following(console(), PATIENCE)
    try:
        imported = run_import(generator, source, folder, url=url, feeds=feed, track=following.track)
    finally:
        following.close()
    if as_json:
        click.echo((folder / JSON).read_text("utf-8"), nl=False)
    else:
        for line in import_lines(imported, folder):
            click.echo(line)
    sys.exit(bool(imported.report.counts["to decide"]))


@click.command(epilog=example("sula stats", "sula stats --svg content/images/written.svg"))
@click.option("--json", "as_json", is_flag=True, help="For a program.")
@click.option("--svg", type=click.Path(path_type=Path, dir_okay=False), default=None,
              help="Also draw it into a file.")  # fmt: skip
def stats(as_json: bool, svg: Path | None) -> None:  # noqa: FBT001 - click's way
    """Say how much was written, when, and about what; words per day by git's history."""
    from datetime import datetime  # noqa: PLC0415 - heavy modules inside commands

    from sula.authoring import stats_chart  # noqa: PLC0415 - the same
    from sula.commands import checkout_of, run_stats  # noqa: PLC0415 - the same

    checkout = checkout_of(config())
    settings = checkout.settings
    today = datetime.now(settings.zone).date()
    found = run_stats(checkout, today)
    if svg is not None:
        svg.parent.mkdir(parents=True, exist_ok=True)
        svg.write_text(stats_chart.svg(found, settings.site.title, today), "utf-8")
    if as_json:
        print_json(found.data())
        return
    out = console()
    for line in stats_chart.lines(found, settings.site.title, today, out.paint):
        out.line(line)
    if svg is not None:
        out.line(f"\n{shown(svg)} is drawn")


@click.command(epilog=example("sula schema front-matter", "sula schema settings > settings.json"))
@click.argument("what", type=click.Choice(("front-matter", "settings", "pyproject")))
def schema(what: str) -> None:
    """Print a JSON Schema, for editors and programs.

    Of front matter, of the settings in pelicanconf.py, or of [tool.sula] in pyproject.toml.
    """
    from sula.authoring import schema as schemas  # noqa: PLC0415 - heavy modules inside commands

    if what == "pyproject":
        from sula.cloud.manage import parameters  # noqa: PLC0415 - the same
        from sula.cloud.stack import load_template  # noqa: PLC0415 - the same

        print_json(schemas.machine(parameters(load_template())))
    else:
        print_json(schemas.front_matter() if what == "front-matter" else schemas.settings())


@click.command(
    epilog=example(
        "sula completion bash >> ~/.bashrc",
        "sula completion fish > ~/.config/fish/completions/sula.fish",
    )
)
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
def completion(shell: str) -> None:
    """Print what makes a shell complete Sula's commands and options."""
    from click.shell_completion import get_completion_class  # noqa: PLC0415 - only here

    root = click.get_current_context().find_root().command
    found = get_completion_class(shell)
    if found is None:
        raise click.ClickException(f"no completion for {shell}")
    click.echo(found(root, {}, "sula", "_SULA_COMPLETE").source())


COMMANDS = (init, new, check, explain, import_, stats, schema, completion)
