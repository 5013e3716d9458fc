"""``sula up``: the whole system on this machine, re-deploying on every save.

    local cloud ▶ stack ▶ first deploy ▶ edge at http://127.0.0.1:8000/ ▶ watch, deploy, reload …

Nothing here is special to development: the stack is made from the same template by the same
change set, and each save is the same deploy as anywhere.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from sula.cloud import stack
from sula.cloud.connect import local_target
from sula.cloud.services import CloudFormation
from sula.cloud.target import LateError, Target
from sula.commands import advice, checkout_of
from sula.config import Config
from sula.console import Console
from sula.content.gather import look, require_lists
from sula.errors import ContentError, SulaError, refusal
from sula.local.cloud import LocalCloud, Running, announce, stopping_on_sigterm
from sula.local.edge_proxy import EdgeProxy
from sula.local.watch import WATCHED, saves
from sula.publishing.claims import Clock
from sula.publishing.deploy import Ahead, Deploy, Options, Outcome
from sula.report import change_lines, change_words, changes, plural, seconds, waiting

_RECENT = 10.0


def up(config: Config, port: int, console: Console) -> None:
    """Start everything, serve until interrupted, stop everything."""
    began = time.monotonic()
    with ExitStack() as held:
        held.enter_context(stopping_on_sigterm())
        try:
            proxy = held.enter_context(
                EdgeProxy(port=port, cloud_port=0, domain="", live_reload=True)
            )
            target = _start(config, proxy, console, held)
            _first(config, target, console)
            took = seconds(time.monotonic() - began)
            console.line(f"\n{console.paint(proxy.url + '/', 'bold')} is up after {took}.")
            console.line("Saves are published as you make them; Ctrl-C stops everything.\n")
            _follow(config, target, proxy, console)
        except KeyboardInterrupt:
            pass
        console.line("\nStopping.")


def _start(config: Config, proxy: EdgeProxy, console: Console, held: ExitStack) -> Target:
    """The local cloud with its stack, and the proxy led to it."""
    with console.step("Starting the local cloud"):
        local = held.enter_context(LocalCloud())
    with console.step("Creating the stack from infra/template.yaml"):
        made = stack.ensure(
            CloudFormation(local.cloud),
            config.stack,
            stack.load_template(),
            {},
            progress=lambda _: None,
        )
    proxy.cloud_port, proxy.domain = local.port, made.distribution_domain
    running = Running(
        endpoint=local.url,
        region=local.cloud.endpoint.region,
        stack=config.stack,
        url=proxy.url,
        pid=os.getpid(),
        outputs=made,
    )
    held.enter_context(announce(config.root, running))
    return local_target(running)


def _first(config: Config, target: Target, console: Console) -> None:
    """The first deploy. What is wrong with the content is said, and can be mended on the fly."""
    try:
        with console.step("Publishing the site"):
            outcome = deploy(config, target)
        pages = sum(action.path.endswith(".md") for action in outcome.plan.actions)
        console.findings(outcome.warnings)
        console.line(f"{plural(pages, 'page')} published{waiting(outcome.plan)}")
    except ContentError as error:
        console.findings(error.findings)
        console.line("Nothing is published yet: mend this, and save.")
    except LateError as error:
        console.trouble(str(error))


def _follow(config: Config, target: Target, proxy: EdgeProxy, console: Console) -> None:
    """Deploy at every save until interrupted."""
    watched = [*WATCHED, *_named_folders(config.root)]
    for changed in saves(config.root, stop=threading.Event(), watched=watched):
        since_save = time.time() - saved_at(changed, time.time())
        try:
            outcome = deploy(config, target)
            proxy.reload()
            console.line(told(outcome, since_save, console))
            checkout = look(config.root, since=0, url=target.url)
            console.findings(advice(checkout, outcome))
        except ContentError as error:
            console.findings(error.findings)
            console.line("Not published: the site stays as it was.")
        except SulaError as error:
            console.trouble(str(error))
        except OSError as error:  # saved again, or removed, while it was read
            console.trouble(refusal(error))


def _named_folders(root: Path) -> list[str]:
    """Settings may keep the content or the theme elsewhere in the site's folder."""
    from sula.site.settings import load_settings  # noqa: PLC0415 - Sula's rules for pelicanconf.py

    try:
        settings = load_settings(root)
    except SulaError:
        return []
    folders = [settings.content, settings.theme]
    inside = [f.relative_to(root).as_posix() for f in folders if f.is_relative_to(root)]
    return [name for name in inside if name not in WATCHED]


def deploy(config: Config, target: Target) -> Outcome:
    """One deploy to the local cloud, at its own address."""
    options = Options(patience=30.0)
    ahead = Ahead(target.objects, options)
    checkout = checkout_of(config, target.url, ahead.known)
    require_lists(checkout)
    return Deploy(checkout, target, options, Clock(), ahead=ahead).run()


def saved_at(changed: Sequence[Path], now: float) -> float:
    """When the author saved: the newest of the files' times, if that can be believed."""
    times = []
    for path in changed:
        try:
            times.append(path.stat().st_mtime)
        except OSError:
            continue
    newest = max(times, default=now)
    return newest if now - _RECENT < newest <= now else now


def told(outcome: Outcome, since_save: float, console: Console) -> str:
    """One line: what changed, and how long it took from the save."""
    stamp = console.paint(time.strftime("%H:%M:%S"), "dim")
    if not outcome.changed:
        redirects = len(outcome.plan.redirects) + len(outcome.plan.redirects_gone)
        what = plural(redirects, "redirect") if redirects else "nothing"
        return f"{stamp} saved; {what} changed for readers{waiting(outcome.plan)}"
    found = changes(outcome.plan, outcome.published.written)
    words = change_words(found, lists=outcome.function_updated)
    listed = [line.strip() for line in change_lines(found)]
    where = f" ({', '.join(listed[:3])}{', …' if len(listed) > 3 else ''})" if listed else ""  # noqa: PLR2004
    page = seconds(since_save + (outcome.page_after or 0))
    feed = seconds(since_save + (outcome.feed_after or 0))
    return f"{stamp} {words}{where}: page after {page}, feeds after {feed}"
