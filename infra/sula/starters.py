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
    ("Home", "/"),
    ("Archive", "/archive/"),
    ("Tags", "/tags/"),
    ("About", "/about/"),
)
'''

IGNORED: Final = "/.sula/\n/.venv/\n/public/\n__pycache__/\n"

ABOUT: Final = """\
---
title: About
---

Who writes here, and about what.
"""

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
# Publishes what is pushed to main. The role's ARN is the variable SULA_ROLE of the repository,
# the region its variable SULA_CLOUD; until both are there, the content is checked and no more.
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
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
        with:
          fetch-depth: 0
          persist-credentials: false
      - uses: actions/setup-python@0b93645e9fea7318ecaed2b359559ac225c90a2b # v5.3.0
        with:
          python-version: "3.13"
      - run: pip install -r requirements.txt
      - run: sula check
      - if: github.event_name == 'push' && vars.SULA_ROLE != ''
        # v4.0.2
        uses: aws-actions/configure-aws-credentials@e3dd6a429d7300a6a4c196c26e071d42e0343502
        with:
          role-to-assume: ${{ vars.SULA_ROLE }}
          aws-region: ${{ vars.SULA_CLOUD }}
      - if: github.event_name == 'push' && vars.SULA_ROLE != ''
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
    - pip install -r requirements.txt
    - sula check
    - printf %s "$SULA_TOKEN" > "$AWS_WEB_IDENTITY_TOKEN_FILE"
    - if [ "$CI_COMMIT_BRANCH" = "$CI_DEFAULT_BRANCH" ]; then sula deploy; fi
"""

WORKFLOWS: Final = {
    "github": (".github/workflows/publish.yml", _GITHUB),
    "gitlab": (".gitlab-ci.yml", _GITLAB),
}
"""Where each service looks for its workflow, and the workflow."""
