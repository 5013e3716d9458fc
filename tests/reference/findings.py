"""``content/pages/findings/``: a page for every code, made of its explanation and its example."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Iterator

from tests.reference.examples import run

from sula.checks.explain import Example, Explanation, explanations, silence
from sula.errors import Finding

_LANGUAGES = {"md": "markdown", "py": "python", "html": "html+jinja", "txt": "text"}


def pages() -> dict[str, str]:
    """Each page by its path."""
    folder = "content/pages/findings"
    made = {
        f"{folder}/{code}.md": page(one, run(code, one.example))
        for code, one in explanations().items()
    }
    return {f"{folder}/index.md": overview(), **made}


def overview() -> str:
    """The page that lists them all."""
    lines = [
        "---", "title: Every finding", "summary: Every code of sula check, by what it is about.",
        "---", "", "Each of these is explained on a page of its own, with an example, and by",
        "`sula explain CODE` in a terminal. [What a check finds](../../posts/findings.md) tells",
        "how to run one.",
    ]  # fmt: skip
    area = ""
    for code, one in explanations().items():
        if one.area != area:
            area = one.area
            lines += ["", f"## {area}", "", "| code | what it is about | |", "|---|---|---|"]
        lines.append(f"| [`{code}`]({code}.md) | {one.title} | {one.severity} |")
    return "\n".join([*lines, ""])


def page(one: Explanation, found: Iterable[Finding]) -> str:
    """The page of one code; `found` is what a check of its example says."""
    title = json.dumps(f"{one.code}: {one.title}", ensure_ascii=False)
    parts = [
        f"---\ntitle: {title}\nslug: findings/{one.code}\n---",
        f"*{one.severity.capitalize()}.* {one.why}",
        "## Example",
        *_shown(one.example),
        "`sula check` says:",
        *(f"> {_span(str(finding))}" for finding in found),
        "## What to do",
        one.remedy,
        *(_shown(one.mended) if one.mended else ()),
        "## Being silent",
        silence(one),
        "[Every finding](index.md)",
    ]
    return "\n\n".join(parts) + "\n"


def _shown(example: Example) -> Iterator[str]:
    for path, text in example.files.items():
        yield f"`{path}`:"
        yield _fence(_LANGUAGES[path.rpartition(".")[2]], text)
    if example.commands:
        yield _fence("sh", "".join(f"{line}\n" for line in example.commands))


def _span(text: str) -> str:
    """Code within a line, which wraps, whatever backticks it has."""
    mark = "``" if "`" in text else "`"
    return f"{mark} {text} {mark}" if "`" in text else f"{mark}{text}{mark}"


def _fence(language: str, text: str) -> str:
    if "<!-- sula-import" in text:
        # The mark itself would be found here too, and rightly: it is one wherever it stands.
        shown = html.escape(text, quote=False).replace("{", "&#123;")
        return f"<pre><code>{shown}</code></pre>"
    mark = "````" if "```" in text else "```"
    return f"{mark}{language}\n{text}{mark}"
