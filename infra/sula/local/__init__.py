"""The whole cloud on this machine.

`up` is ``sula up``: `cloud` runs the local cloud (`server` is the process, `extras` what the
emulator lacks), `edge_proxy` leads a browser to its edge (`edge_transform` and `served` do what
only the real one does), `watch` notices a save. `remote` is a git remote that deploys.
"""
