"""From a plan to what readers see, and the way back.

`deploy` tells the story: `inventory` is what the bucket holds, `claims` say which objects are
about to change, `publish` uploads and removes, `release` keeps the appointments of posts that
wait, `function` renews edgefeed (`bundle` its code, `dependencies` what travels with it), `wait`
ends when the lists show it. `rollback` goes back, `reindex` makes the lists anew, `build` writes
plain files for any other host, with pages that lead on from where posts were (`moved`).
"""
