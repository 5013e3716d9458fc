"""``sula check``: everything that can be known to be wrong before a site is published.

`codes` names every kind of finding, `explain` says why each matters. `lines` and `text` look at
one source, `across` at all of them together, `theme` at what the theme makes of a few, `run` puts
it together and remembers what has not changed. `fix` mends what is safe, `external` asks other
sites.
"""
