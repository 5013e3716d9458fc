SITENAME = "Corpus"
SITEURL = "https://blog.example"
AUTHOR = "A"
PATH = "content"
THEME = "theme"
TIMEZONE = "UTC"
ARTICLE_URL = "posts/{slug}/"
ARTICLE_SAVE_AS = "posts/{slug}/index.html"
TAG_URL = "tags/{slug}/"
TAG_SAVE_AS = "tags/{slug}/index.html"
CATEGORY_SAVE_AS = AUTHOR_SAVE_AS = ARCHIVES_SAVE_AS = CATEGORIES_SAVE_AS = AUTHORS_SAVE_AS = ""
DEFAULT_PAGINATION = 20
FEED_ALL_RSS = "feed.xml"
FEED_MAX_ITEMS = 20
FEED_ALL_ATOM = CATEGORY_FEED_ATOM = TRANSLATION_FEED_ATOM = AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = (
    None
)
DEFAULT_CATEGORY = "posts"
STATIC_PATHS: list[str] = []
USE_FOLDER_AS_CATEGORY = False
PLUGINS: list[str] = []
