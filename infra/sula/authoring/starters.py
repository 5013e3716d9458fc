"""The texts of a new site: settings, README, first page, workflows. ``<<name>>`` is filled in."""

from __future__ import annotations

from typing import Final

SETTINGS: Final = '''\
"""The site's settings: what an author edits. Every name is explained in Sula's documentation."""

SITEURL = <<url>>
SITENAME = <<title>>
SITE_DESCRIPTION = ""
AUTHOR = <<author>>

# Names this site for ever: the identities of feeds and posts derive from it. Never change it.
SITE_ID = <<id>>

DEFAULT_LANG = <<language>>
TIMEZONE = <<zone>>

<<theme>>MENU = (
    (<<home>>, "/"),
    (<<archive>>, "/archive/"),
    (<<tags>>, "/tags/"),
    (<<search>>, "/search/"),
    (<<about>>, "/about/"),
)

# A picture of its title for each post, which networks show beside a link to it.
PREVIEWS = True
'''

IGNORED: Final = "/.sula/\n/.venv/\n/public/\n__pycache__/\n"

PAGES: Final = {
    "content/pages/about.md": """\
---
title: <<about>>
---

<<who>>
""",
    "content/pages/404.md": """\
---
title: <<lost>>
---

<<elsewhere>>

- [<<home>>](/)
- [<<archive>>](/archive/)
- [<<tags>>](/tags/)
- [<<search>>](/search/)
""",
}
"""The first pages, by path: about the author, and for an address that leads nowhere."""

WORDS: Final = {
    "en": {
        "home": "Home",
        "archive": "Archive",
        "tags": "Tags",
        "search": "Search",
        "about": "About",
        "who": "Who writes here, and about what.",
        "lost": "There is nothing here",
        "elsewhere": "The page may have moved, or the address may have lost a letter. "
        "These lead somewhere:",
    },
    "de": {
        "home": "Start",
        "archive": "Archiv",
        "tags": "Schlagwörter",
        "search": "Suche",
        "about": "Über diese Seite",
        "who": "Wer hier schreibt, und worüber.",
        "lost": "Hier ist nichts",
        "elsewhere": "Die Seite ist vielleicht umgezogen, oder der Adresse fehlt ein Buchstabe. "
        "Hier geht es weiter:",
    },
    "fr": {
        "home": "Accueil",
        "archive": "Archives",
        "tags": "Mots-clés",
        "search": "Recherche",
        "about": "À propos",
        "who": "Qui écrit ici, et sur quoi.",
        "lost": "Page introuvable",
        "elsewhere": "La page a peut-être changé de place, ou une lettre manque à son adresse. "
        "Ces liens mènent quelque part\u00a0:",
    },
}
"""What a new site says, in the languages of the theme; English for any other."""

README: Final = """\
# <<title>>

A blog, published with Sula from the Markdown files in this repository.

    python3 -m venv .venv
    .venv/bin/pip install -r requirements.txt

makes the environment: `requirements.txt` asks for `<<requirement>>`. Then

    .venv/bin/sula new "Hello, world"     # a post, in content/posts/
    .venv/bin/sula up                     # the whole system here: http://127.0.0.1:8000/
    .venv/bin/sula check                  # every problem in the content
    .venv/bin/sula build public           # the complete site as plain files
    .venv/bin/sula deploy                 # publish

`pelicanconf.py` holds the settings, `content/` the posts, pages and pictures.
"""

_GITHUB: Final = """\
# Publishes what is pushed to main. Two variables of the repository say where: SULA_DEPLOY_ROLE, an
# output of the stack, and SULA_CLOUD, its region. Until they are there, the content is checked.
name: Publish
on:
  push:
    branches: [main]
  pull_request:
permissions: {}
concurrency:
  group: publish-${{ github.ref }}
jobs:
  publish:
    runs-on: ubuntu-24.04
    timeout-minutes: 20
    permissions:
      contents: read
      id-token: write
    env:
      SULA_CLOUD: ${{ vars.SULA_CLOUD }}
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
        with:
          fetch-depth: 0
          persist-credentials: false
      - uses: actions/setup-python@e797f83bcb11b83ae66e0230d6156d7c80228e7c # v6.0.0
        with:
          python-version: "3.13"
      - run: pip install -r requirements.txt "sula[aws]"
      - run: sula check
      - if: github.event_name == 'push' && vars.SULA_DEPLOY_ROLE != ''
        # v6.2.3
        uses: aws-actions/configure-aws-credentials@e6de054238d6b7531b4efff3b6587d9aade6a06c
        with:
          role-to-assume: ${{ vars.SULA_DEPLOY_ROLE }}
          aws-region: ${{ vars.SULA_CLOUD }}
      - if: github.event_name == 'push' && vars.SULA_DEPLOY_ROLE != ''
        run: sula deploy
"""

_GITLAB: Final = """\
# Publishes what is pushed to the default branch. Needs the variables SULA_CLOUD (a region) and
# AWS_ROLE_ARN; the role trusts this project's identity tokens.
publish:
  image: python:3.13-slim
  variables:
    GIT_DEPTH: "0"
    AWS_WEB_IDENTITY_TOKEN_FILE: /tmp/identity
  id_tokens:
    SULA_TOKEN:
      aud: sts.amazonaws.com
  resource_group: publish
  script:
    - pip install -r requirements.txt "sula[aws]"
    - sula check
    - printf %s "$SULA_TOKEN" > "$AWS_WEB_IDENTITY_TOKEN_FILE"
    - if [ "$CI_COMMIT_BRANCH" = "$CI_DEFAULT_BRANCH" ]; then sula deploy; fi
"""

WORKFLOWS: Final = {
    "github": (".github/workflows/publish.yml", _GITHUB),
    "gitlab": (".gitlab-ci.yml", _GITLAB),
}
"""Where each service looks for its workflow, and the workflow."""
