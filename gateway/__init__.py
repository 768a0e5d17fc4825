"""Everything that a client connects to: the DAV endpoint, the command line and the small HTTP both share.

`app` is the composition root and the only module that imports `plugins.registry`. Surfaces never import each other.
"""
