"""Three-way merging of entries, thing by thing: pure functions over content-line trees.

`storage/sync/merge.py` is the door. `choice` decides about one thing, `pairs` says which things of four texts are the
same one, `lines` merges properties, `when` the time of a component, `component` a component with all inside it,
`series` says what a change of a series means for its instances, `overrides` merges those; `calendars` and `cards` merge
whole texts, and `state` is what a merge carries along.
"""
