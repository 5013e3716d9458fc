"""One check: sources that changed are looked at, the rest is remembered; then all together.

    sources ▶ Seen (each kept under its blob id) ▶ plan ▶ across, theme ▶ findings

Where nothing has changed at all, the findings themselves are kept. Both caches are in ``.sula/``
and can be thrown away at any time.
"""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from sula.checks.codes import CODES
from sula.content.gather import Checkout, Prepared, prepare
from sula.content.urls import Rules
from sula.errors import Finding
from sula.model import Meta
from sula.planning.actions import Plan
from sula.planning.record import Record
from sula.scratch import keep, recall
from sula.site.settings import SETTINGS_FILE

if TYPE_CHECKING:
    from sula.checks.text import Seen

_SOURCES: Final = "check.cache"
_RESULT: Final = "check-result.cache"
_WORTH_A_PROCESS: Final = 300
_FOREVER: Final = 2**53
_Kept = TypeVar("_Kept")
Progress = Callable[[int, int], None]
"""Told how many sources of how many are looked at."""


class _Sources(msgspec.Struct, array_like=True):
    """``sources`` maps paths to (blob id, `Seen` in msgpack: only what is asked for is decoded)."""

    made_by: str
    sources: dict[str, tuple[str, bytes]]
    theme: tuple[str, tuple[Finding, ...]] = ("", ())


class _Result(msgspec.Struct, array_like=True):
    """The findings for one state of all files, until the next post's time comes."""

    state: str
    since: int
    until: int
    findings: tuple[Finding, ...]


class Check:
    """The checks of one checkout."""

    def __init__(
        self, checkout: Checkout, now: float, progress: Progress = lambda _, __: None
    ) -> None:
        """Read nothing yet. `now` decides what is published, in seconds since 1970."""
        self.progress = progress
        self.checkout = checkout
        self.now = int(now)
        self.made_by = _digest(
            [checkout.prints.engine, checkout.prints.settings, checkout.settings.site.url]
        )
        self.old = _Sources("", {})
        self.seen: dict[str, bytes] = {}

    def findings(self) -> list[Finding]:
        """Every finding but those that are silenced."""
        state = self._state()
        kept = _decoded(recall(self.checkout.root, _RESULT), _Result)
        if kept and kept.state == state and kept.since <= self.now < kept.until:
            return list(kept.findings)
        self._remember()
        prepared = prepare(self.checkout, Record(), now=self.now, read=self._read)
        found = self._together(prepared)
        until = min((r.instant for r in prepared.plan.rows if r.instant > self.now),
                    default=_FOREVER)  # fmt: skip
        self._keep()
        result = _Result(state, self.now, until, tuple(found))
        keep(self.checkout.root, _RESULT, msgspec.msgpack.encode(result))
        return found

    def of(self, paths: Iterable[str]) -> list[Finding]:
        """What is wrong in these sources, each looked at alone: what a deploy says by the way."""
        settings = self.checkout.settings
        known = [path for path in paths if path in self.checkout.scan.blobs]
        # Nothing is remembered: reading what is takes longer than looking at a few.
        self.seen = look_at_all(self.checkout.root, known, settings.rules, settings.site.url)
        found = [finding for path in self.seen for finding in self._decode(path).findings]
        return self._audible(found)

    # --- what is remembered ------------------------------------------------------------------

    def _state(self) -> str:
        checkout = self.checkout
        parts = [self.made_by, checkout.prints.theme, *sorted(checkout.settings.ignored)]
        parts += [f"{path}\0{blob}" for path, blob in checkout.scan.blobs.items()]
        parts += [str(finding) for finding in checkout.findings]
        parts += [f"{old} {new}" for old, new in checkout.redirects.items()]
        parts += [f"{name}\0{len(text)}" for name, text in checkout.theme.templates.items()]
        return _digest(parts)

    def _remember(self) -> None:
        old = _decoded(recall(self.checkout.root, _SOURCES), _Sources)
        if old and old.made_by == self.made_by:
            self.old = old

    def _keep(self) -> None:
        blobs = self.checkout.scan.blobs
        kept = {p: row for p, row in self.old.sources.items() if blobs.get(p) == row[0]}
        kept |= {path: (blobs[path], body) for path, body in self.seen.items()}
        new = _Sources(self.made_by, kept, self.old.theme)
        keep(self.checkout.root, _SOURCES, msgspec.msgpack.encode(new))

    def _decode(self, path: str) -> Seen:
        return _seen_decoder().decode(self.seen[path])

    # --- looking -----------------------------------------------------------------------------

    def _read(
        self, root: Path, paths: Sequence[str], rules: Rules
    ) -> tuple[dict[str, Meta], list[Finding]]:
        """See `sula.content.gather.Reader`."""
        blobs = self.checkout.scan.blobs
        new = []
        for path in paths:
            blob, body = self.old.sources.get(path, ("", b""))
            if blob == blobs[path]:
                self.seen[path] = body
            else:
                new.append(path)
        url = self.checkout.settings.site.url
        self.seen |= look_at_all(root, new, rules, url, self.progress)
        metas: dict[str, Meta] = {}
        findings: list[Finding] = []
        for path in paths:
            seen = self._decode(path)
            if seen.meta is not None:
                metas[path] = seen.meta
            findings += seen.findings
        return metas, findings

    def _anchors(self, path: str) -> tuple[str, ...]:
        from sula.checks.text import anchors_of  # noqa: PLC0415 - Markdown only where it is read
        from sula.content.sources import read_text  # noqa: PLC0415 - the same

        seen = self._decode(path)
        if seen.anchors is None:
            text, _ = read_text(self.checkout.root, self.checkout.folder, path)
            seen = msgspec.structs.replace(seen, anchors=anchors_of(path, text))
            self.seen[path] = msgspec.msgpack.encode(seen)
        return seen.anchors or ()

    def _together(self, prepared: Prepared) -> list[Finding]:
        # Nothing of this is loaded where nothing has changed.
        from sula.checks.across import double_redirects, find_across  # noqa: PLC0415
        from sula.content.findings import locate  # noqa: PLC0415

        content = self.checkout.settings.content
        seen = {path: self._decode(path) for path in self.seen}
        found = [*prepared.findings, *_unknown_codes(self.checkout)]
        remarks = double_redirects(prepared.plan, self.checkout.redirects)
        found += locate(remarks, self.checkout.root, self.checkout.folder)
        found += find_across(
            seen, prepared.plan, self.checkout.folder, self._anchors,
            lambda path: (content / path).stat().st_size, redirects=self.checkout.redirects,
        )  # fmt: skip
        if not any(f.severity == "error" for f in found):
            found += self._theme(prepared.plan)
        return self._audible(found)

    def _theme(self, plan: Plan) -> tuple[Finding, ...]:
        from sula.checks.theme import check_theme, samples  # noqa: PLC0415 - loads Pelican, lxml

        jobs = samples(plan)
        theme = self.checkout.theme
        state = _digest([
            self.made_by, *(f"{k}\0{v}" for k, v in theme.templates.items()), *theme.files,
            *(f"{job!r}{plan.inputs.blobs[job.path]}" for job in jobs),
        ])  # fmt: skip
        if self.old.theme[0] != state:
            found = tuple(check_theme(self.checkout, plan, jobs))
            self.old = _Sources(self.old.made_by, self.old.sources, (state, found))
        return self.old.theme[1]

    def _audible(self, findings: Iterable[Finding]) -> list[Finding]:
        """Without warnings that the site or the post asks to be silent about."""
        everywhere = self.checkout.settings.ignored
        prefix = f"{self.checkout.folder}/"
        ignored: dict[str, frozenset[str]] = {}
        found = []
        for finding in sorted(set(findings)):
            path = finding.path.removeprefix(prefix)
            if path not in ignored:
                own = self._decode(path).ignored if path in self.seen else ()
                ignored[path] = everywhere | frozenset(own)
            if finding.severity == "error" or finding.code not in ignored[path]:
                found.append(finding)
        return found


def look_at_all(
    root: Path, paths: Sequence[str], rules: Rules, url: str,
    progress: Progress = lambda _, __: None,
) -> dict[str, bytes]:  # fmt: skip
    """What there is to know of sources, in msgpack. Many are looked at by several processes."""
    cores = os.cpu_count() or 1
    if len(paths) < _WORTH_A_PROCESS or cores == 1:
        return _look_at(root, paths, rules, url)
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 - only for many sources

    size = -(-len(paths) // (cores * 4))
    parts = [paths[start : start + size] for start in range(0, len(paths), size)]
    found: dict[str, bytes] = {}
    with ProcessPoolExecutor(cores) as pool:
        work = [pool.submit(_look_at, root, part, rules, url) for part in parts]
        for task in work:
            found |= task.result()
            progress(len(found), len(paths))
    return found


def _look_at(root: Path, paths: Sequence[str], rules: Rules, url: str) -> dict[str, bytes]:
    if not paths:
        return {}
    from sula.checks.text import Seen, look_at  # noqa: PLC0415 - Markdown only where it is read
    from sula.content.sources import read_text  # noqa: PLC0415 - the same

    encode = msgspec.msgpack.Encoder().encode
    found = {}
    for path in paths:
        text, problems = read_text(root, rules.folder, path)
        seen = Seen(None, tuple(problems)) if problems else look_at(path, text, rules, url)
        found[path] = encode(seen)
    return found


def _unknown_codes(checkout: Checkout) -> list[Finding]:
    return [
        Finding(SETTINGS_FILE, checkout.settings.ignored_line, "code-unknown",
                f"CHECK_IGNORE: {code!r} is no code of a finding", "warning")
        for code in sorted(checkout.settings.ignored - set(CODES))
    ]  # fmt: skip


def _decoded(body: bytes | None, kind: type[_Kept]) -> _Kept | None:
    """What was kept, if it is there and of this Sula's shape."""
    try:
        return msgspec.msgpack.decode(body or b"", type=kind)
    except (msgspec.DecodeError, ValueError):
        return None


@functools.cache
def _seen_decoder() -> msgspec.msgpack.Decoder[Seen]:
    from sula.checks.text import Seen  # noqa: PLC0415 - Markdown only where it is read

    return msgspec.msgpack.Decoder(Seen)


def _digest(parts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode("utf-8", "surrogatepass") + b"\0\0")
    return digest.hexdigest()[:32]
