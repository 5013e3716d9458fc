"""``content/pages/reference/commands.md``: every command, from what click knows of it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import click
from tests.reference.tables import table

from sula.cli import cli


def page() -> str:
    """The whole page."""
    lines = [
        "---", "title: Every command and option", "slug: reference/commands",
        "summary: What each command takes, as the program itself says.", "---", "",
        "This page is written by `make reference` from the program, as `--help` is.",
        "[The commands](../../posts/commands.md) tells what they are for.", "",
        "## Before any command", "", *_options(cli),
    ]  # fmt: skip
    for name in cli.list_commands(click.Context(cli)):
        lines += ["", f"## sula {name}", "", *_command(name, cli.commands[name])]
    return "\n".join([*lines, ""])


def overview() -> str:
    """The table of commands."""
    known = [(f"`sula {name}`", cli.commands[name].get_short_help_str(200).rstrip("."))
             for name in cli.list_commands(click.Context(cli))]  # fmt: skip
    return table(("command", "what it does"), known)


def _command(name: str, command: click.Command) -> Iterator[str]:
    context = click.Context(command, info_name=f"sula {name}")
    yield f"`{context.command_path} {' '.join(command.collect_usage_pieces(context))}`"
    yield ""
    yield inspect.cleandoc(command.help or "")
    yield ""
    yield from _options(command)
    examples = re.findall(r"^  (\S.*)$", (command.epilog or "").replace("\b", ""), re.MULTILINE)
    yield from ("```sh", *examples, "```")


def _options(command: click.Command) -> Iterator[str]:
    known = [_option(one) for one in command.params if isinstance(one, click.Option)]
    if known:
        yield table(("option", "meaning"), known)
        yield ""


def _option(one: click.Option) -> tuple[str, str]:
    forms = "`, `".join([*one.opts, *one.secondary_opts])
    kind = "" if one.is_flag else f" {one.make_metavar(click.Context(cli))}"
    usual = f" Usually {one.default}." if one.show_default else ""
    return f"`{forms}{kind}`", f"{one.help}{usual}"
