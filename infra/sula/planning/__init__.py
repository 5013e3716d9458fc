"""From the sources and what is published to what has to be done. Pure.

`record` is what the last deploy published, kept in `rows` and `blocks`; `corpus` what each page
shows of the others; `identity` who a post is, for ever. `plan` compares, and answers with
`actions`, each with one of the `reasons`. `remarks` says what is wrong with the sources taken
together, `redirects` where old addresses lead, `scheduled` which posts wait for their minute.
"""
