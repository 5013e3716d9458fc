"""edgefeed: keeps a blog's lists and feeds true to its pages."""
