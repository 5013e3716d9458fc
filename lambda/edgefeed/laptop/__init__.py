"""What the function does, on a laptop and without a cloud: no part of the bundle.

`directory` writes a site's lists into a folder, on every core; `ahead` reads pages in other
processes meanwhile, or `notes` has what they say from where they were made; `plain_body` reads
most bodies without a parser. `stores` are in memory, for tests, and on disk.
"""
