"""The corpus that Sula and its peers publish: seeded, the same words for everyone.

A post has about 700 words in paragraphs under headings, one block of code, a list, a link
and emphasis, and three of sixty tags. `write_*` writes it the way each generator wants its
front matter; the Markdown below it is the same to the byte.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

TAGS = tuple(f"topic{i:02d}" for i in range(60))
_FIRST = datetime(2008, 1, 1, 9, tzinfo=UTC)
_STEP = timedelta(minutes=93)
_SYLLABLES = (
    "ba be bi bo ca ce co da de di do fa fe fi ga ge go ha he hi ho la le li lo lu ma me mi mo "
    "mu na ne ni no pa pe pi po ra re ri ro ru sa se si so su ta te ti to va ve vi vo"
).split()


@dataclass(frozen=True)
class Post:
    """One post of the corpus, generator-neutral."""

    number: int
    slug: str
    title: str
    date: datetime
    tags: tuple[str, ...]
    body: str


def _vocabulary(dice: random.Random) -> list[str]:
    words = {"".join(dice.choices(_SYLLABLES, k=dice.choice((1, 2, 2, 3)))) for _ in range(3000)}
    return sorted(words)


def _sentence(dice: random.Random, words: list[str], length: int) -> str:
    chosen = dice.choices(words, k=length)
    if length > 8:
        chosen[3] = f"*{chosen[3]}*"
        chosen[6] += ","
    return " ".join(chosen).capitalize() + "."


def _paragraph(dice: random.Random, words: list[str]) -> str:
    return " ".join(_sentence(dice, words, dice.randint(6, 16)) for _ in range(6))


def _code(dice: random.Random, words: list[str]) -> str:
    name, argument = dice.choices(words, k=2)
    lines = [f"def {name}({argument}: int) -> str:", f'    """Return {argument} as text."""']
    lines += [f"    {w} = {argument} * {i}  # {w}" for i, w in enumerate(dice.choices(words, k=6))]
    return "```python\n" + "\n".join([*lines, f"    return str({argument})"]) + "\n```"


def posts(count: int, seed: int = 1) -> Iterator[Post]:
    """`count` posts, oldest first; the first n of a larger corpus are the smaller corpus."""
    words = _vocabulary(random.Random(seed))
    for number in range(count):
        dice = random.Random(seed * 1_000_003 + number)
        title = _sentence(dice, words, 5).rstrip(".")
        blocks: list[str] = []
        for part in range(5):
            blocks.append(f"## {_sentence(dice, words, 3).rstrip('.')} {part}")
            blocks += [_paragraph(dice, words), _paragraph(dice, words)]
        blocks.insert(4, _code(dice, words))
        blocks.insert(8, "\n".join(f"- {_sentence(dice, words, 5)}" for _ in range(4)))
        blocks.append(f"See [{words[number % 100]}](https://example.org/{number}) for **more**.")
        yield Post(
            number=number,
            slug=f"{'-'.join(dice.choices(words, k=3))}-{number}",
            title=title,
            date=_FIRST + number * _STEP,
            tags=tuple(sorted(dice.sample(TAGS, 3))),
            body="\n\n".join(blocks) + "\n",
        )


def yaml_source(post: Post, **more: str) -> str:
    """A Markdown file with YAML front matter: Sula, Hugo and Eleventy read it."""
    extra = "".join(f"{name}: {value}\n" for name, value in more.items())
    return (
        f'---\ntitle: "{post.title}"\ndate: {post.date.isoformat()}\n'
        f"tags: [{', '.join(post.tags)}]\n{extra}---\n\n{post.body}"
    )


def pelican_source(post: Post) -> str:
    """A Markdown file with Pelican's own metadata lines."""
    return (
        f"Title: {post.title}\nDate: {post.date.isoformat()}\n"
        f"Tags: {', '.join(post.tags)}\nSlug: {post.slug}\n\n{post.body}"
    )


def write(folder: Path, count: int, *, pelican: bool = False, slug: bool = False) -> list[Path]:
    """Write the corpus below a folder, two thousand files a directory; paths oldest first."""
    written = []
    for post in posts(count):
        shelf = folder / f"{post.number // 2000:03d}"
        shelf.mkdir(parents=True, exist_ok=True)
        more = {"slug": post.slug} if slug else {}
        text = pelican_source(post) if pelican else yaml_source(post, **more)
        written.append(shelf / f"{post.slug}.md")
        written[-1].write_text(text, "utf-8")
    return written
