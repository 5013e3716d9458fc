"""What an author wrote: the content directory, read as little as can be.

`sources` lists the files (none of the `leftovers`) with a digest of each, from `git` or from
`blobs`; `files` takes the record and what differs from it, where that is known. `frontmatter` reads
the head of a source with its lines, `fields` and `dates` say what a value means, `meta` what it all
says. `urls` has the addresses, `pictures` the sizes. `gather` puts together what a plan is made
from, and `findings` finds the line that a remark is about.
"""
