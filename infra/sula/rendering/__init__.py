"""From a plan's jobs to pages.

`workshop` asks `render` for them: a few in this process, many in shards side by side, each in a
process of its own (`workers`). A `shard` is plain data in, files out; in it `pelican_run` is one
run of Pelican, put together from `pelican_parts` (`stand_ins` spares it what it never uses), with
`templates` kept from run to run. `post` is what a template is given; `derive` draws pictures.
"""
