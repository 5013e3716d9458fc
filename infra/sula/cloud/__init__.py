"""Amazon's cloud, and the stack that makes it.

`ports` says what Sula asks of a cloud; `aws` (the one module that knows boto3), `services`,
`monitoring`, `scheduler`, `keyvalues` and `object_store` answer. `connect` finds the stack that
the configuration names and gives a `target`. `stack` goes from the template to running
resources, `manage` shows that to its owner before it happens, `status` says what is live,
`doctor` what is missing.
"""
