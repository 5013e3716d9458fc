"""Markdown to HTML: CommonMark with GitHub's extensions, and a few of a writer's own.

`parser` is the way in. `blocks` and `inline` read what is ordinary, markdown-it-py everything
else. `structure` walks over the blocks once: anchors, figures, tables, alerts. `render` writes
single tokens, `code` sets code and formulas (`scan` runs Pygments' lexers), `links` leads from
one source to another, `embeds` and `html` see to what other sites and the author's own HTML show.
"""
