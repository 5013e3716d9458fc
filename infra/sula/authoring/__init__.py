"""Help for those who write.

`init` makes a site of one's own (`starters` holds its texts), `new` a post to begin with.
`stats` counts what was written, `stats_chart` draws it. `schema` tells editors what front matter
and settings may say.
"""
