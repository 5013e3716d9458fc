"""A small site on the local cloud, with the command line at hand."""

from __future__ import annotations

import http.client
import itertools
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import feedparser
from click.testing import CliRunner, Result
from tests.authored import Authored

from sula.cli import cli
from sula.cloud import stack
from sula.cloud.aws import S3Objects
from sula.cloud.connect import target_of
from sula.cloud.keyvalues import KeyValueStore
from sula.cloud.services import CloudFormation
from sula.cloud.target import Target
from sula.config import Config
from sula.content.gather import look
from sula.local.cloud import LocalCloud, Running, announce
from sula.local.edge_proxy import EdgeProxy
from sula.publishing.claims import Clock
from sula.publishing.deploy import Deploy, Options, Outcome
from sula.publishing.rollback import Rollback, RolledBack
from sula.site.theme import shipped_theme

_numbers = itertools.count()


@dataclass
class Site:
    """A stack, an author, and the edge in front of both."""

    local: LocalCloud
    name: str
    authored: Authored
    outputs: stack.Outputs
    proxy: EdgeProxy

    @classmethod
    @contextmanager
    def made(cls, local: LocalCloud, folder: Path, **parameters: str) -> Iterator[Site]:
        """Make the stack, and say where it is as `sula up` does."""
        name = f"site{next(_numbers)}"
        outputs = stack.ensure(
            CloudFormation(local.cloud), name, stack.load_template(), parameters,
            progress=lambda _: None,
        )  # fmt: skip
        authored = Authored(folder / "site")
        authored.settings["THEME"] = str(shipped_theme())
        authored.save_settings()
        with EdgeProxy(port=0, cloud_port=local.port, domain=outputs.distribution_domain) as proxy:
            running = Running(
                endpoint=local.url, region=local.cloud.endpoint.region, stack=name, url=proxy.url,
                pid=os.getpid(), outputs=outputs,
            )  # fmt: skip
            with announce(authored.root, running):
                yield cls(local, name, authored, outputs, proxy)

    def remade(self) -> None:
        """Find the resources of a stack that was made again."""
        self.outputs = stack.outputs(CloudFormation(self.local.cloud), self.name)
        self.proxy.domain = self.outputs.distribution_domain

    # --- ports ------------------------------------------------------------------------------

    @property
    def target(self) -> Target:
        return target_of(self.local.cloud, self.outputs, url=self.proxy.url)

    @property
    def objects(self) -> S3Objects:
        return self.local.cloud.objects(self.outputs.bucket)

    @property
    def redirects(self) -> KeyValueStore:
        found = self.target.redirects
        assert isinstance(found, KeyValueStore)
        return found

    @property
    def config(self) -> Config:
        return Config(self.authored.root, stack=self.name, local=self.authored.root)

    def configured(self, **parameters: str) -> Config:
        return replace(self.config, parameters=parameters)

    # --- what an author does ------------------------------------------------------------------

    def deploy(self, **options: bool) -> Outcome:
        checkout = look(self.authored.root, since=0, url=self.proxy.url)
        return Deploy(checkout, self.target, Options(**options), Clock()).run()

    def rollback(self, deploys: int) -> RolledBack:
        return Rollback(self.target, self.objects).run(deploys)

    def run(self, *words: str, given: str | None = None) -> Result:
        """A command, as it is typed."""
        arguments = ["--site", str(self.authored.root), "--stack", self.name, *words]
        return CliRunner().invoke(cli, arguments, input=given)

    # --- what is there ------------------------------------------------------------------------

    def get(self, path: str) -> tuple[int, http.client.HTTPMessage, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.proxy.port, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def moved(self, path: str) -> tuple[int, str]:
        status, headers, _ = self.get(path)
        return status, headers["Location"]

    def titles(self, path: str) -> list[str]:
        parsed = feedparser.parse(self.get(path)[2])
        assert not parsed.bozo
        return [entry.title for entry in parsed.entries]

    def public(self) -> dict[str, str]:
        """Every page and file with its ETag; assets of the theme apart."""
        return {
            one.key: one.etag for one in self.objects.list("pages/") if "/theme/" not in one.key
        }

    def body(self, key: str) -> bytes:
        found = self.objects.get(key)
        assert found is not None
        return found.body

    def schedules(self) -> list[str]:
        """The names of those that have not fired yet."""
        found = self.local.cloud.client("scheduler").list_schedules(
            GroupName=self.outputs.schedule_group
        )
        return [one["Name"] for one in found["Schedules"]]

    def schedule(self, name: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.local.cloud.client("scheduler").get_schedule(
            Name=name, GroupName=self.outputs.schedule_group
        )
        return found

    def release(self, payload: Mapping[str, str]) -> dict[str, Any]:
        """Call the release function, as a schedule does."""
        answer = self.local.cloud.client("lambda").invoke(
            FunctionName=self.outputs.release, Payload=json.dumps(payload).encode()
        )
        found: dict[str, Any] = json.loads(answer["Payload"].read())
        return found

    def live_function(self) -> Mapping[str, Any]:
        """What Lambda says of the version that runs."""
        found: Mapping[str, Any] = self.local.cloud.client("lambda").get_function_configuration(
            FunctionName=self.outputs.function, Qualifier="live"
        )
        return found

    def send_dead(self, body: str) -> None:
        self.local.cloud.client("sqs").send_message(
            QueueUrl=self.outputs.dead_letters_url, MessageBody=body
        )
