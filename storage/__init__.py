"""The mirror: everything that is true with the network cable pulled.

Imports nothing of `plugins` or `gateway`, and no network library: the arrow of the house is
`gateway → plugins → storage`.

- `model`, `errors`, `ids`, `clock`: the words everybody uses. `provider`: the contract that every adapter implements.
- `ical`, `recurrence`: text ⇄ records, byte-faithful, and the computed instances.
- `db`, `schema`, `tables`: one SQLite file; one table, one file. `store`: the verbs of the doors (DAV, API, CLI, vdir).
- `sync`: the engine, between the store and the provider contract. `vdir`: the mirror as a folder of files.

One change is one journal row, written in the transaction of the change; every cursor handed out is a position there.
"""
