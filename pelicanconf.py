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
    ("Archive", "/archive/"),
    ("Tags", "/tags/"),
    ("Search", "/search/"),
    ("About", "/about/"),
    ("Subscribe", "/subscribe/"),
)
SOCIAL = ()
FOOTER = ""
ICON = "icon.svg"
THEME_OPTIONS = {
    # The bird beside the title: a path in a box of 64 by 64.
    "mark": (
        "M58.4 63.1 48.7 52.7C43.8 51.1 40.4 47.4 38.2 42.9 29.2 42.6 17.7 39.3 5.6 29.3 18 32.1 "
        "26.2 32.2 32.9 29.8L26.8 12.6L39.6 25.6C44.7 20.7 48.3 13.2 51.1 0.9 54.8 16.1 52.8 27.9 "
        "49.1 36.1 52.2 40 53.9 44.8 53.3 49.9z"
    ),
}

# A picture of its title for each post, which networks show beside a link to it.
PREVIEWS = True

# Feeds and lists.
FEED_SIZE = 20
PAGE_SIZE = 20
HOME_SIZE = 10
