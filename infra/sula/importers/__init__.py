"""``sula import``: another generator's site, read once and written as a site of Sula's.

    jekyll.py, hugo.py, pelican.py   the old folder ▶ `Site`: what it says, in Sula's dialect
      front.py, text.py              files and front matter as they are found in the wild
      liquid.py, shortcodes.py       template languages inside posts
      kramdown.py, blocks.py         Markdown dialects
    addresses.py, links.py           old addresses kept or redirected; links to sources
    identity.py                      who the posts are to those who subscribed
    assemble.py                      `Site` ▶ files and a report
    write.py, report.py, command.py  to disk, to the author

The old folder is only ever read. Nothing here needs a network.
"""
