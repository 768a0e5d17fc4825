"""The tables that the mirror began with; what later migrations added stands with the table it belongs to."""

TABLES = """
CREATE TABLE meta (                     -- what describes the store itself: its id, the occurrence horizon
    key TEXT PRIMARY KEY, value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE users (
    name TEXT PRIMARY KEY,
    password TEXT,                      -- argon2 hash; NULL: only device passwords work
    created TEXT NOT NULL,
    declared INTEGER NOT NULL DEFAULT 0 -- 1: comes from the configuration file
) WITHOUT ROWID;

CREATE TABLE devices (                  -- one revocable app password each
    id TEXT PRIMARY KEY,
    user TEXT NOT NULL REFERENCES users(name) ON DELETE CASCADE,
    label TEXT NOT NULL,
    secret_hash TEXT NOT NULL UNIQUE,   -- SHA-256 of 128 random bits
    created TEXT NOT NULL,
    last_used TEXT,
    revoked TEXT
) WITHOUT ROWID;

CREATE TABLE accounts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- never given again: the journal outlives an account
    name TEXT NOT NULL UNIQUE,
    user TEXT NOT NULL REFERENCES users(name),
    provider TEXT NOT NULL,
    email TEXT NOT NULL DEFAULT '',
    service TEXT NOT NULL DEFAULT '',
    settings TEXT NOT NULL DEFAULT '{}',-- JSON, never a secret
    mirrored INTEGER NOT NULL,          -- 0: local, has no upstream
    declared INTEGER NOT NULL DEFAULT 0,
    paused INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'waiting',
    reason TEXT NOT NULL DEFAULT '',
    as_of TEXT,
    failures INTEGER NOT NULL DEFAULT 0,-- rounds in a row that failed: the ground for back-off
    next_due REAL NOT NULL DEFAULT 0,   -- seconds since 1970; discovery and, where it failed, everything waits for it
    created TEXT NOT NULL
);

INSERT INTO sqlite_sequence (name, seq) VALUES ('accounts', 100);

CREATE TABLE collections (
    n INTEGER PRIMARY KEY AUTOINCREMENT,-- never given again: the journal outlives a collection
    id TEXT NOT NULL UNIQUE,
    account_id INTEGER NOT NULL REFERENCES accounts(id),
    user TEXT NOT NULL,
    slug TEXT NOT NULL,
    kind TEXT NOT NULL,                 -- calendar tasks contacts
    components TEXT NOT NULL,           -- VEVENT,VTODO,VJOURNAL or VCARD
    name TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    color TEXT NOT NULL DEFAULT '',
    timezone TEXT NOT NULL DEFAULT '',
    sort_order TEXT NOT NULL DEFAULT '',
    read_only INTEGER NOT NULL DEFAULT 0,
    dead TEXT NOT NULL DEFAULT '{}',    -- JSON: Clark name to XML fragment
    seq INTEGER NOT NULL DEFAULT 0,     -- newest change of the collection
    created_seq INTEGER NOT NULL DEFAULT 0,
    remote_href TEXT,                   -- NULL: not (yet) upstream
    remote_props TEXT NOT NULL DEFAULT '{}', -- JSON: the properties last seen upstream, the base for their merge
    remote_version TEXT NOT NULL DEFAULT '',
    remote_cursor TEXT,
    verified REAL NOT NULL DEFAULT 0,   -- when a full listing last confirmed everything
    failures INTEGER NOT NULL DEFAULT 0,
    next_due REAL NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'waiting',
    reason TEXT NOT NULL DEFAULT '',
    as_of TEXT,
    UNIQUE (user, slug)
);
CREATE UNIQUE INDEX collections_remote ON collections (account_id, remote_href) WHERE remote_href IS NOT NULL;

CREATE TABLE entries (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    collection_n INTEGER NOT NULL REFERENCES collections(n),
    href TEXT NOT NULL,                 -- resource name inside the collection, decoded
    uid TEXT NOT NULL,
    kind TEXT NOT NULL,                 -- event todo journal contact
    hash TEXT NOT NULL,
    size INTEGER NOT NULL,              -- octets in UTF-8
    seq INTEGER NOT NULL,
    created TEXT NOT NULL,
    modified TEXT NOT NULL,
    expanded_from INTEGER,              -- occurrences are complete from here … (NULL: from the beginning)
    expanded_until INTEGER,             -- … to here (NULL: to the end)
    horizon INTEGER,                    -- the end of the horizon it was rendered for; NULL: complete for ever
    text TEXT NOT NULL                  -- as it was given
);
CREATE UNIQUE INDEX entries_href ON entries (collection_n, href);
CREATE INDEX entries_listing ON entries (collection_n, href, hash, kind, size, modified, id);
CREATE UNIQUE INDEX entries_uid ON entries (collection_n, uid);
CREATE INDEX entries_horizon ON entries (collection_n, horizon, expanded_from, expanded_until)
    WHERE horizon IS NOT NULL;

CREATE TABLE components (
    n INTEGER PRIMARY KEY,
    entry_n INTEGER NOT NULL REFERENCES entries(n) ON DELETE CASCADE,
    collection_n INTEGER NOT NULL,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,                 -- VEVENT VTODO VJOURNAL
    recurrence_id TEXT NOT NULL DEFAULT '',
    this_and_future INTEGER NOT NULL DEFAULT 0,
    summary TEXT NOT NULL DEFAULT '',
    description TEXT NOT NULL DEFAULT '',
    location TEXT NOT NULL DEFAULT '',
    start INTEGER, "end" INTEGER,       -- see storage.model
    start_local TEXT NOT NULL DEFAULT '', end_local TEXT NOT NULL DEFAULT '',
    start_zone TEXT NOT NULL DEFAULT '', end_zone TEXT NOT NULL DEFAULT '',
    all_day INTEGER NOT NULL DEFAULT 0, floating INTEGER NOT NULL DEFAULT 0,
    rrule TEXT NOT NULL DEFAULT '', recurring INTEGER NOT NULL DEFAULT 0,
    status TEXT NOT NULL DEFAULT '', transparency TEXT NOT NULL DEFAULT '', classification TEXT NOT NULL DEFAULT '',
    priority INTEGER, percent INTEGER, completed INTEGER, sequence INTEGER NOT NULL DEFAULT 0,
    created INTEGER, last_modified INTEGER,
    url TEXT NOT NULL DEFAULT '', color TEXT NOT NULL DEFAULT '',
    organizer TEXT, attendees TEXT NOT NULL DEFAULT '[]',
    categories TEXT NOT NULL DEFAULT '[]', alarms TEXT NOT NULL DEFAULT '[]'
);
CREATE INDEX components_entry ON components (entry_n, position);
CREATE INDEX components_undated ON components (collection_n, entry_n)
    WHERE name = 'VTODO' AND start IS NULL AND "end" IS NULL AND recurrence_id = '';

CREATE TABLE occurrences (
    entry_n INTEGER NOT NULL,           -- storage/record.py removes them with their entry: no foreign key, for speed
    k INTEGER NOT NULL,                 -- 0, 1, 2 … within the entry
    collection_n INTEGER NOT NULL,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, -- see storage.model
    position INTEGER NOT NULL,          -- of the component that describes it
    recurrence_id TEXT NOT NULL DEFAULT '',
    all_day INTEGER NOT NULL DEFAULT 0,
    floating INTEGER NOT NULL DEFAULT 0,-- 1 for all-day ones too: start and end are wall-clock time
    rule INTEGER NOT NULL DEFAULT 0,    -- how RFC 4791 §9.9 compares it: see storage/tables/occurrences.py
    PRIMARY KEY (entry_n, k)
) WITHOUT ROWID;
CREATE INDEX occurrences_range ON occurrences (collection_n, start, "end", floating, rule);
CREATE INDEX occurrences_long ON occurrences (collection_n, "end") WHERE "end" - start > 604800;

CREATE TABLE contacts_data (            -- one row per vCard: what listings, search and the view need
    entry_n INTEGER PRIMARY KEY REFERENCES entries(n) ON DELETE CASCADE,
    collection_n INTEGER NOT NULL,
    full_name TEXT NOT NULL DEFAULT '', organisation TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '',
    emails TEXT NOT NULL DEFAULT '[]', phones TEXT NOT NULL DEFAULT '[]', birthday TEXT NOT NULL DEFAULT ''
);

CREATE TABLE journal (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    account_id INTEGER NOT NULL,
    collection_n INTEGER NOT NULL,
    collection_id TEXT NOT NULL,
    entry_id TEXT NOT NULL DEFAULT '',  -- '': the collection itself
    uid TEXT NOT NULL DEFAULT '', href TEXT NOT NULL DEFAULT '',
    action TEXT NOT NULL, origin TEXT NOT NULL, actor TEXT NOT NULL DEFAULT '',
    before_hash TEXT NOT NULL DEFAULT '', after_hash TEXT NOT NULL DEFAULT ''
);
CREATE INDEX journal_collection ON journal (collection_n, seq, href);

CREATE TABLE revisions (                -- the bytes before each change
    seq INTEGER PRIMARY KEY,            -- the change that replaced them
    entry_id TEXT NOT NULL, collection_n INTEGER NOT NULL, href TEXT NOT NULL, uid TEXT NOT NULL,
    hash TEXT NOT NULL, body BLOB NOT NULL -- zlib
);
CREATE INDEX revisions_entry ON revisions (entry_id, seq);

CREATE TABLE links (
    entry_id TEXT PRIMARY KEY,
    collection_n INTEGER NOT NULL REFERENCES collections(n),
    href TEXT NOT NULL,                 -- the upstream's id for it
    version TEXT NOT NULL,
    base TEXT                           -- the projection last agreed; NULL: the same as the entry's text
) WITHOUT ROWID;
CREATE UNIQUE INDEX links_href ON links (collection_n, href);

CREATE TABLE outbox (                   -- at most one row per entry: what the upstream does not have yet
    n INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL,
    collection_n INTEGER NOT NULL,
    entry_id TEXT,                      -- NULL: the collection itself
    action TEXT NOT NULL,               -- create update delete; for a collection create edit delete
    detail TEXT NOT NULL DEFAULT '{}',  -- JSON: what a deleted entry or collection was called
    generation INTEGER NOT NULL DEFAULT 1, -- grows with every further local change
    key TEXT NOT NULL,                  -- idempotency key
    notify INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_try REAL NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '',
    sent TEXT NOT NULL DEFAULT '[]',    -- JSON: digests of texts of ours that may have arrived without our knowing
    created TEXT NOT NULL
);
CREATE UNIQUE INDEX outbox_entry ON outbox (collection_n, entry_id);
CREATE INDEX outbox_deletions ON outbox (collection_n, action) WHERE action = 'delete';
CREATE UNIQUE INDEX outbox_collection ON outbox (collection_n) WHERE entry_id IS NULL;

CREATE TABLE conflicts (                -- the inbox: what lost, whole
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL, account_id INTEGER NOT NULL, collection_n INTEGER NOT NULL, collection_id TEXT NOT NULL,
    entry_id TEXT NOT NULL, uid TEXT NOT NULL,
    cause TEXT NOT NULL,                -- edit delete rejected
    reason TEXT NOT NULL DEFAULT '',
    base TEXT, ours TEXT, theirs TEXT,
    state TEXT NOT NULL DEFAULT 'open'
);
CREATE INDEX conflicts_open ON conflicts (state, collection_n);

CREATE TABLE held (                     -- deletions that wait for a person
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL, account_id INTEGER NOT NULL, collection_n INTEGER NOT NULL, collection_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    whole INTEGER NOT NULL DEFAULT 0,   -- 1: the upstream does not list the collection itself any more
    state TEXT NOT NULL DEFAULT 'open'  -- open approved rejected released
);
CREATE TABLE held_entries (
    held_n INTEGER NOT NULL REFERENCES held(n) ON DELETE CASCADE,
    entry_id TEXT NOT NULL, uid TEXT NOT NULL, summary TEXT NOT NULL DEFAULT '',
    href TEXT NOT NULL, version TEXT NOT NULL,
    PRIMARY KEY (held_n, entry_id)
) WITHOUT ROWID;

CREATE TABLE quarantine (               -- what could not be understood, with its bytes
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL, account_id INTEGER NOT NULL, collection_n INTEGER NOT NULL,
    href TEXT NOT NULL, version TEXT NOT NULL, uid TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL, body BLOB NOT NULL,
    UNIQUE (collection_n, href)
);

CREATE TABLE consumers (                -- how far each named reader (vdir, webhook, push) has read the journal
    name TEXT PRIMARY KEY, position INTEGER NOT NULL, updated TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE leases (
    name TEXT PRIMARY KEY, owner TEXT NOT NULL, pid INTEGER NOT NULL, host TEXT NOT NULL,
    fence INTEGER NOT NULL, expires REAL NOT NULL
) WITHOUT ROWID;

CREATE TABLE requests (                 -- rounds that somebody outside the sync process asked for
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL, accounts TEXT NOT NULL DEFAULT '[]',
    state TEXT NOT NULL DEFAULT 'asked', -- asked running done
    result TEXT NOT NULL DEFAULT '{}'
);
CREATE TABLE request_lines (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    request_n INTEGER NOT NULL REFERENCES requests(n) ON DELETE CASCADE,
    line TEXT NOT NULL
);
"""

SEARCH = """
CREATE VIRTUAL TABLE search USING fts5(
    summary, description, location,
    content='components', content_rowid='n', tokenize='unicode61 remove_diacritics 2'
);
"""
