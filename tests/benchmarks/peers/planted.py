"""Sula at sizes at which nobody wants to publish the whole site first.

What a deploy of one edit does depends on the number of posts in two places: git's answers about
the checkout, and the build record. Both are real here; only the record is not the work of a
first deploy: it is planned from the sources and put into the bucket as if every page had been
uploaded. The edits then are real deploys. edgefeed's index is planted likewise, with a row for
every post, and with what feeds show of the newest ones; so the newest post's way to the feed is
real too, but for lists that an edit of it does not touch, which are not there.
"""

from __future__ import annotations

import os
import time

import msgspec
from tests.benchmarks.peers.measure import medians
from tests.benchmarks.peers.peer import OtherPeer, SulaPeer, edit, settle
from tests.benchmarks.peers.planted_index import plant_index

from edgefeed.contract import RECORD_KEY
from sula.cloud.connect import connect
from sula.commands import checkout_of
from sula.config import load_config
from sula.content.gather import prepare, surveyed
from sula.planning.actions import Stage
from sula.planning.record import Record, encode
from sula.publishing.function import renderer_of
from sula.publishing.publish import record_of, stored_of
from sula.rendering.workshop import Workshop


def plant(peer: SulaPeer) -> int:
    """Put a record of everything as published into the bucket; gives its size in bytes."""
    os.environ |= peer.environment
    config = load_config(peer.folder)
    target = connect(config)
    checkout = checkout_of(config, target.url)
    plan = prepare(checkout, Record(), now=time.time()).plan
    with Workshop(checkout) as workshop:
        stored = {
            # A page's bytes are nothing that a plan could compare; the theme's are.
            action.key: stored_of(
                action.key,
                action.key.encode() if action.stage is Stage.PAGES else workshop.body(action),
            )
            for action in plan.actions
        }
    record = record_of(
        plan,
        stored,
        revision=1,
        deploy="planted",
        commit=checkout.scan.commit,
        function=renderer_of(checkout, target.libraries),
    )
    told = surveyed(checkout.scan, record, ())
    body = encode(msgspec.structs.replace(record, surveyed=told))
    target.objects.put(RECORD_KEY, body, content_type="application/gzip", cache_control="no-store")
    return len(body)


def measure(peer: SulaPeer, rounds: int) -> dict[str, float]:
    """Medians for one edit, to the page and to the feed, and for nothing."""
    edits, feeds, idle = [], [], []
    edit(peer.sources[-1], rounds)
    peer.to_feed()  # the first one also looks at the installation
    plant_index(peer)
    for number in range(rounds):
        peer.edit(number)
        edits.append(peer.publish())
        settle(peer)
        edit(peer.sources[-1], number)
        feeds.append(peer.to_feed())
        idle.append(peer.to_feed())
    return medians(edit=edits, feed=feeds, idle=idle)


def edits_of(peer: OtherPeer, rounds: int) -> dict[str, float]:
    """Medians for one edit."""
    took = []
    for number in range(rounds):
        peer.edit(number)
        took.append(peer.publish())
    return medians(edit=took)
