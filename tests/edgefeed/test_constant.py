"""What a change costs does not depend on how many posts there are."""

from __future__ import annotations

from tests.benchmarks.edgefeed_runs import change


def test_a_changed_post_costs_the_same_requests_and_bytes_at_any_size() -> None:
    small, large = change(2_000), change(6_000)
    assert sum(small["requests"].values()) > 50
    assert small["requests"] == large["requests"]
    assert small["written"] == large["written"]
    # Longer numbers, and a year with more posts, of which a page shows a bounded number.
    assert 0.95 < large["bytes"] / small["bytes"] < 1.05
