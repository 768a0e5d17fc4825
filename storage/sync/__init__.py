"""The sync engine: between the store and the provider contract, and knowing no provider by name.

`plan`, `policy` and `schedule` are pure. `ledger`, `pushes`, `ties` and `book` hold the engine's transactions over
entries, the outbox, collections and states. `engine` does what the plan says, in small named steps; `discovery` keeps
the list of collections; `account` runs one account, `worker` owns the threads, `once` is one run in the foreground;
`inbox` carries out what a person decides.

One cycle for one collection: pull pages, each in one transaction with the page's remote cursor; judge the deletions;
push the outbox, deletions first; read back what the upstream made of it.
"""
