"""What the larger commands do between the command line and the engine."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from sula.cloud.connect import connect
from sula.cloud.target import Target
from sula.config import Config
from sula.console import PATIENCE, Console, Following
from sula.content.gather import Checkout, Prepared, look, require_lists
from sula.content.sources import Known
from sula.errors import Finding
from sula.publishing.claims import Clock
from sula.publishing.deploy import Ahead, Deploy, Options, Outcome
from sula.report import (
    change_lines,
    change_words,
    changes,
    later_lines,
    lists_that_show,
    plural,
    seconds,
    summary,
    waiting,
)

if TYPE_CHECKING:
    from sula.authoring.stats import Stats


def checkout_of(config: Config, url: str | None = None, known: Known = lambda: None) -> Checkout:
    """The site's files as they are now; a file saved from here on counts as later."""
    return look(config.root, since=time.time() - 0.02, url=url or None, known=known)


def run_check(config: Config, console: Console) -> list[Finding]:
    """Every finding about the content: of sources, of all of them together, of the theme."""
    from sula.checks.run import Check  # noqa: PLC0415 - no deploy needs all of it

    following = Following(console, PATIENCE)
    try:
        return Check(checkout_of(config), time.time(), following.looked).findings()
    finally:
        following.close()


def run_external(config: Config, console: Console) -> list[Finding]:
    """What other sites say of the addresses that posts link to."""
    from sula.checks.external import check_external  # noqa: PLC0415 - only when it is asked for

    following = Following(console)
    try:
        return check_external(checkout_of(config), now=time.time(), progress=following.asked)
    finally:
        following.close()


def run_stats(checkout: Checkout, today: date) -> Stats:
    """How much was written, and when; what cannot be read does not count."""
    from sula.authoring.stats import collect, history  # noqa: PLC0415 - the same
    from sula.content.frontmatter import split  # noqa: PLC0415 - no deploy needs it
    from sula.content.gather import read_metas  # noqa: PLC0415 - the same
    from sula.content.meta import kind_of  # noqa: PLC0415 - the same
    from sula.content.sources import read_text  # noqa: PLC0415 - the same
    from sula.markdown.structure import count_words  # noqa: PLC0415 - the same

    settings = checkout.settings
    posts = [path for path in checkout.scan.blobs if kind_of(path) == "post"]
    metas, _ = read_metas(checkout.root, posts, settings.rules)
    total = sum(
        count_words(split(read_text(checkout.root, checkout.folder, path)[0]).body)
        for path, meta in metas.items()
        if meta.status != "draft"
    )
    words = history(settings.content, settings.zone)
    return collect(metas.values(), total, words, settings.zone, today)


def advice(checkout: Checkout, outcome: Outcome) -> list[Finding]:
    """What a check has to say about the sources that a deploy has just published."""
    said = set(outcome.warnings)
    if not outcome.plan.inputs.metas:
        return sorted(said)
    from sula.checks.run import Check  # noqa: PLC0415 - Markdown is not read where nothing changed

    found = Check(checkout, time.time()).of(sorted(outcome.plan.inputs.metas))
    return sorted(said | {f for f in found if f.severity != "error"})


def run_plan(config: Config, *, verify: bool, full: bool) -> Prepared:
    """What a deploy would do now. Raises `ContentError` where it would not begin."""
    target = connect(config)
    options = Options(force=True, full=full, verify=verify)
    ahead = Ahead(target.objects, options)
    checkout = checkout_of(config, target.url, ahead.known)
    return Deploy(checkout, target, options, ahead=ahead).prepared()


def run_build(config: Config, out: Path, url: str | None, console: Console) -> None:
    """Build into a folder, and say what was done."""
    from sula.publishing.build import build, load_ahead  # noqa: PLC0415 - no deploy needs it

    began = time.monotonic()
    following = Following(console)
    try:
        checkout = checkout_of(config, url, load_ahead)
        built = build(checkout, out, now=time.time(), progress=following.rendered)
    finally:
        following.close()
    console.findings(built.warnings)
    removed = f", {built.removed} removed" if built.removed else ""
    console.line(
        f"{out}: {plural(built.written, 'file')} written, {built.unchanged} unchanged{removed}"
        f"{waiting(built.plan)} ({seconds(time.monotonic() - began)})"
    )


def run_deploy(
    config: Config,
    options: Options,
    console: Console,
    *,
    create: bool,
    allow_losses: bool = False,
    agreed: Callable[[str], bool] = lambda _: True,
    began: float | None = None,
) -> Outcome:
    """Deploy, and tell what readers now see. ``began`` is when, by the monotonic clock."""
    if create:
        from sula.cloud.manage import make_stack  # noqa: PLC0415 - only where the stack is meant

        live = make_stack(config, console, allow_losses=allow_losses, agreed=agreed)
        options = replace(options, renew=not live)
        began = None  # what took so long is the cloud, or the person who was asked
    target = connect(config)
    ahead = Ahead(target.objects, options)
    following = Telling(console)
    checkout = checkout_of(config, target.url, ahead.known)
    require_lists(checkout)
    deploy = Deploy(
        checkout, target, options, Clock(), following, began=began or time.monotonic(), ahead=ahead
    )
    try:
        outcome = deploy.run()
    finally:
        following.close()
    console.findings(advice(checkout, outcome))
    tell(outcome, target, console)
    return outcome


class Telling(Following):
    """A deploy's steps, and what readers see of them as soon as they do."""

    def live(self, outcome: Outcome) -> None:
        """See `Steps.live`."""
        self.close()
        tell_pages(outcome, self.console)


def tell_pages(outcome: Outcome, console: Console) -> None:
    """What a deploy did to the pages, in the reader's terms."""
    for line in later_lines(outcome.plan):
        console.change(line)
    found = changes(outcome.plan, outcome.published.written)
    for line in change_lines(found):
        console.change(line)
    console.line(change_words(found, lists=outcome.function_updated) + waiting(outcome.plan))
    if outcome.attempts > 1:
        early = len(outcome.touched - outcome.published.written - outcome.published.removed)
        up = f" when {plural(early, 'object')} were up" if early else ""
        console.line(f"Another deploy came first{up}; this one planned again and went on.")
    console.line(f"Pages live after {seconds(outcome.page_after or 0)}")


def tell(outcome: Outcome, target: Target, console: Console) -> None:
    """The rest of it: the lists, or that there was nothing to do."""
    if not outcome.changed:
        for line in later_lines(outcome.plan):
            console.change(line)
        text = summary(outcome.plan)
        console.line(
            text if text.startswith("Nothing") else f"Nothing to upload{waiting(outcome.plan)}"
        )
        return
    lists = lists_that_show(outcome.plan)
    if lists and not outcome.function_updated:
        head = "Lists and feeds changed" if outcome.feed_after is not None else "Lists and feeds"
        console.line(f"{head}: {', '.join(lists)}")
    if outcome.feed_after is not None:
        console.line(f"Feeds after {seconds(outcome.feed_after)}")
    elif target.function is not None:
        console.line("The lists will follow.")
    if target.url:
        console.line(console.paint(f"{target.url}/", "bold"))
