"""What a change costs does not depend on how many posts there are."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.edgefeed_runs import change, compile_into


def test_a_changed_post_costs_the_same_requests_and_bytes_at_any_size(tmp_path: Path) -> None:
    compile_into(tmp_path)
    small, large = change(2_000, tmp_path), change(6_000, tmp_path)
    assert sum(small["requests"].values()) > 50
    assert small["requests"] == large["requests"]
    assert small["written"] == large["written"]
    # Longer numbers, and a year with more posts, of which a page shows a bounded number.
    assert 0.95 < large["bytes"] / small["bytes"] < 1.05
