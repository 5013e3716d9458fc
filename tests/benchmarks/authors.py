"""What authors wait for: `sula import` of 2,000 posts, `sula check` of 10,000.

``python -m tests.benchmarks.authors`` prints seconds of the whole command, as a person waits.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.peers import corpus

IMPORT_POSTS, IMPORT_SECONDS = 2_000, 30
CHECK_POSTS, COLD_SECONDS, WARM_SECONDS = 10_000, 10, 1
SETTINGS = (
    'SITEURL = "https://blog.example"\nSITENAME = "B"\nSITE_ID = "tag:blog.example,2026:site"\n'
)
LIQUID = """
See [another]({% post_url NAME %}) and [the start]({{ site.baseurl }}/).

{% highlight python %}
print("{{ page.title }}")
{% endhighlight %}

> Mind this.
{: .prompt-tip }

<div markdown="1">

Some **bold** words, and $$x^2$$.

</div>
"""


def cpu() -> float:
    """Seconds of processor time of all commands so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def seconds(*command: str) -> tuple[float, float]:
    """How long `sula` takes with these arguments, on the clock and of the processors."""
    began, used = time.monotonic(), cpu()
    done = subprocess.run(
        [sys.executable, "-m", "sula", *command], check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"sula {' '.join(command)}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.monotonic() - began, cpu() - used


def report(what: str, times: tuple[float, float], target: float) -> bool:
    """One line; whether the target is met."""
    took, used = times
    spent = f"{took:8.2f} s ({used:.2f} s of processors)"
    sys.stdout.write(f"{what:<42}{spent:<36}≤ {target:g} s   {took / target:.2f}\n")
    sys.stdout.flush()
    return took <= target


def imported(folder: Path) -> bool:
    """A Jekyll archive, imported."""
    old = folder / "old"
    (old / "_posts").mkdir(parents=True)
    (old / "_config.yml").write_text("url: https://old.example\npermalink: pretty\n", "utf-8")
    last = ""
    for post in corpus.posts(IMPORT_POSTS):
        name = f"{post.date:%Y-%m-%d}-{post.slug}"
        text = corpus.yaml_source(post) + LIQUID.replace("NAME", last or name)
        (old / f"_posts/{name}.md").write_text(text, "utf-8")
        last = name
    took = seconds("import", "jekyll", str(old), str(folder / "new"))
    return report(f"import {IMPORT_POSTS:,} Jekyll posts", took, IMPORT_SECONDS)


def checked(folder: Path) -> list[bool]:
    """A large site, checked from nothing, again, and after one edit."""
    site = folder / "site"
    paths = corpus.write(site / "content/posts", CHECK_POSTS)
    (site / "pelicanconf.py").write_text(SETTINGS, "utf-8")
    command = ("--site", str(site), "check")
    met = [
        report(f"check {CHECK_POSTS:,} posts, cold", seconds(*command), COLD_SECONDS),
        report(f"check {CHECK_POSTS:,} posts, nothing changed", seconds(*command), WARM_SECONDS),
    ]
    with paths[17].open("a", encoding="utf-8") as file:
        file.write("\nOne more line.\n")
    report(f"check {CHECK_POSTS:,} posts, one edited", seconds(*command), WARM_SECONDS)
    return met


def main() -> int:
    """Measure both."""
    with tempfile.TemporaryDirectory(prefix="sula-bench-") as folder:
        met = [imported(Path(folder)), *checked(Path(folder))]
    sys.stdout.write(f"bench: {sum(met)} of {len(met)} targets met\n")
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
