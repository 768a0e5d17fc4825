"""The views: what Datasette, DuckDB, pandas and any other program may rely on when they open the mirror.

They are documented here, kept by golden tests, and only ever gain columns; a change that breaks a reader gets a new name.
Never read the tables instead: they change.

Conventions. `start`, `end`, `due`: ISO 8601 text that compares as text within one form: `YYYY-MM-DDTHH:MM:SSZ` in UTC,
`YYYY-MM-DDTHH:MM:SS` where the time is floating (RFC 5545 §3.3.5 form 1), `YYYY-MM-DD` where it is a whole day; `end` is
exclusive. `start_local` is the wall-clock time as written and `start_zone` its zone (IANA name where it has one).
`start_epoch`, `end_epoch`: the same in whole seconds since 1970 (floating: read as if UTC). `created`, `modified`, `at`: when
the mirror took it, UTC with milliseconds. Yes and no are 1 and 0; unknown numbers are NULL, unknown texts empty. `organizer`,
`attendees`, `categories`, and the lists of a contact are JSON (their members: `storage.model.ContactRecord`). `account` is the account's name, `collection` the collection's public id,
`etag` the strong ETag of the stored text.

| view | one row for each | columns |
|---|---|---|
| `events` | VEVENT: a master (`recurrence_id` empty) or an override | id uid account collection collection_name summary start end start_local start_zone end_local end_zone all_day location description status transparency classification rrule recurring recurrence_id organizer attendees categories url href etag created modified |
| `occurrences_v1` | instance inside the horizon, of events and tasks | id entry uid kind account collection collection_name summary start end start_epoch end_epoch all_day location status transparency recurrence_id |
| `tasks` | VTODO | id uid account collection collection_name summary start due start_local start_zone all_day completed percent priority status location description rrule recurring recurrence_id categories url href etag created modified |
| `contacts` | vCard | id uid account collection collection_name full_name organisation note emails phones birthday href etag created modified kind version family_name given_name additional_names prefix suffix nickname department title role anniversary gender photo addresses urls messengers relations categories members initials organizations |
| `changes` | row of the journal | seq at account_id account collection entry uid href action origin actor before after run |

`events.id`, `tasks.id`, `contacts.id` and `occurrences_v1.entry` are entry ids; `occurrences_v1.id` names the instance. In `changes`,
`entry` is empty where the collection itself changed; `before` and `after` are content hashes, which are the same where
somebody with whom an entry is shared changed their own alarms; `run` is the first change of those that belong together. A
vCard without UID, as some
servers hold them, has `no-uid:` and its entry id for its `uid`.
"""  # noqa: E501


def _time(column: str, row: str) -> str:
    """SQL for a stored time as ISO text; `row` is the alias that holds `all_day` and `floating`."""
    return (
        f"CASE WHEN {row}.all_day THEN date({column}, 'unixepoch')"
        f" WHEN {row}.floating THEN strftime('%Y-%m-%dT%H:%M:%S', {column}, 'unixepoch')"
        f" ELSE strftime('%Y-%m-%dT%H:%M:%SZ', {column}, 'unixepoch') END"
    )


_PLACE = "a.name AS account, c.id AS collection, c.name AS collection_name"
_STORED = "e.href, '\"' || e.hash || '\"' AS etag, e.created, e.modified"
_JOINS = "JOIN collections c ON c.n = e.collection_n JOIN accounts a ON a.id = c.account_id"

_EVENTS = f"""
CREATE VIEW events AS
SELECT e.id, e.uid, {_PLACE}, p.summary,
    {_time("p.start", "p")} AS start, {_time('p."end"', "p")} AS "end",
    p.start_local, p.start_zone, p.end_local, p.end_zone, p.all_day, p.location, p.description,
    p.status, p.transparency, p.classification, p.rrule, p.recurring, p.recurrence_id,
    p.organizer, p.attendees, p.categories, p.url, {_STORED}
FROM components p JOIN entries e ON e.n = p.entry_n {_JOINS}
WHERE p.name = 'VEVENT'
"""

_OCCURRENCES = f"""
CREATE VIEW occurrences_v1 AS
SELECT e.id || CASE o.recurrence_id WHEN '' THEN '' ELSE '_' || o.recurrence_id END AS id, e.id AS entry, e.uid, e.kind,
    {_PLACE}, p.summary, {_time("o.start", "o")} AS start, {_time('o."end"', "o")} AS "end",
    o.start AS start_epoch, o."end" AS end_epoch, o.all_day, p.location, p.status, p.transparency, o.recurrence_id
FROM occurrences o JOIN entries e ON e.n = o.entry_n
JOIN components p ON p.entry_n = o.entry_n AND p.position = o.position {_JOINS}
"""

_TASKS = f"""
CREATE VIEW tasks AS
SELECT e.id, e.uid, {_PLACE}, p.summary,
    {_time("p.start", "p")} AS start, {_time('p."end"', "p")} AS due,
    p.start_local, p.start_zone, p.all_day, strftime('%Y-%m-%dT%H:%M:%SZ', p.completed, 'unixepoch') AS completed,
    p.percent, p.priority, p.status, p.location, p.description, p.rrule, p.recurring, p.recurrence_id,
    p.categories, p.url, {_STORED}
FROM components p JOIN entries e ON e.n = p.entry_n {_JOINS}
WHERE p.name = 'VTODO'
"""

_CONTACTS = f"""
CREATE VIEW contacts AS
SELECT e.id, e.uid, {_PLACE}, v.full_name, v.organisation, v.note, v.emails, v.phones, v.birthday, {_STORED}
FROM contacts_data v JOIN entries e ON e.n = v.entry_n {_JOINS}
"""

CONTACTS = f"""
CREATE VIEW contacts AS
SELECT e.id, e.uid, {_PLACE}, v.full_name, v.organisation, v.note, v.emails, v.phones, v.birthday, {_STORED},
    v.kind, v.version, v.family_name, v.given_name, v.additional_names, v.prefix, v.suffix, v.nickname, v.department,
    v.title, v.role, v.anniversary, v.gender, v.photo, v.addresses, v.urls, v.messengers, v.relations, v.categories,
    v.members
FROM contacts_data v JOIN entries e ON e.n = v.entry_n {_JOINS}
"""
"""The view `contacts` since m006; the one above was made with the first tables."""

CONTACTS_ALL = CONTACTS.replace("v.members\n", "v.members, v.initials, v.organizations\n")
"""The same since m029."""

_CHANGES = """
CREATE VIEW changes AS
SELECT j.seq, j.at, j.account_id, coalesce(a.name, '') AS account, j.collection_id AS collection, j.entry_id AS entry,
    j.uid, j.href, j.action, j.origin, j.actor, j.before_hash AS before, j.after_hash AS after
FROM journal j LEFT JOIN accounts a ON a.id = j.account_id
"""

CHANGES = _CHANGES.replace("j.after_hash AS after", "j.after_hash AS after, j.run")
"""The view `changes` with the number of the act (`run`)."""

STATEMENTS = (_EVENTS, _OCCURRENCES, _TASKS, _CONTACTS, _CHANGES)
"""Each view's `CREATE`, in the order of the table above."""
