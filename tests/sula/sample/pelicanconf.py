"""A small site for tests: one of everything."""

SITEURL = "https://birds.example"
SITENAME = "Birds & Words"
SITE_DESCRIPTION = "Notes from a hide."
AUTHOR = "Ada Example"
AUTHOR_EMAIL = "ada@birds.example"
SITE_ID = "tag:birds.example,2026:site"
DEFAULT_LANG = "en"
TIMEZONE = "Europe/Vienna"
THEME = "theme"
MENU = (("Home", "/"), ("About", "/about/"))
