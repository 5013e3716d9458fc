"""Templates of lists: compiled ones say the same, and all escape as Jinja2 does."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment
from markupsafe import Markup
from tests.browser.sample_site import FRAGMENTS, listings
from tests.browser.samples import site, templates, theme

from edgefeed.laptop.directory import compile_templates
from edgefeed.lists import Theme
from edgefeed.templates import Templates


def test_compiled_templates_say_the_same(tmp_path: Path) -> None:
    for name, text in compile_templates(templates(), site()).items():
        (tmp_path / name).write_text(text, "utf-8")
    assert len([*tmp_path.iterdir()]) == len(templates())
    again = Theme(str(tmp_path), site())
    for listing in listings():
        assert again.list_documents(listing, FRAGMENTS) == theme().list_documents(
            listing, FRAGMENTS
        )


SHOWN = (
    "{% macro m(x) %}<i>{{ x }}</i>{% endmacro %}{% set s %}{{ x }}'{% endset %}"
    "{{ x }}|{{ x | e }}|{{ m(x) }}|{{ m(m(x)) }}|{{ s }}|{{ x ~ '<' ~ s }}|{{ [x, s] | join }}"
    "{% filter upper %}{{ x }}{% endfilter %}{% autoescape false %}{{ x }}{% endautoescape %}"
)


@given(st.one_of(st.text(), st.text("<>&'\"").map(Markup), st.integers(), st.none(), st.booleans()))
def test_what_a_template_shows_is_escaped_as_jinja_does(what: object) -> None:
    plain = Environment(autoescape=True).from_string(SHOWN)
    ours = Templates({"x.html": SHOWN}, site()).get("x.html")
    assert ours.render(x=what) == plain.render(x=what)
