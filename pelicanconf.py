"""The site's settings. Pelican's own names where Pelican has one; the rest is Sula's."""

SITEURL = "https://sula.example"
SITENAME = "Sula"
SITE_DESCRIPTION = (
    "A blog that its author owns: push Markdown, and every page, feed and index is live."
)
AUTHOR = "The Sula founders"

# Names this site for ever: feed and post identities derive from it. Never change it.
SITE_ID = "tag:sula.example,2026:site"

DEFAULT_LANG = "en"
TIMEZONE = "UTC"

PATH = "content"
THEME = "theme"
ARTICLE_URL = "posts/{slug}/"
PAGE_URL = "{slug}/"

MENU = (
    ("Home", "/"),
    ("Archive", "/archive/"),
    ("Tags", "/tags/"),
    ("About", "/about/"),
    ("Subscribe", "/subscribe/"),
)
SOCIAL = ()
FOOTER = ""
ICON = "icon.svg"

# Feeds and lists.
FEED_SIZE = 20
PAGE_SIZE = 20
HOME_SIZE = 10
