"""What an author says of the whole site.

`settings` executes and checks ``pelicanconf.py``, `theme` fingerprints templates and static
files, `words` reads the theme's translations, `fallback` adds what a site needs and nobody wrote.
"""
