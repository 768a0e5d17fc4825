"""A copy of the mirror in one file, made while the server runs, and a mirror made from it that doubles nothing.

The file is a tar archive: `manifest.json`, `mirror.db`, and the accounts' secrets as they stand, encrypted, if there
are any. The key to them is never in it. The folder of files is not either: it is written anew.

What was restored is another life of the mirror. Everybody who holds a position of the old one starts from a full
listing: sync tokens, because the store's id is new; plain numbers, because its changes go on with much higher ones.
Towards the upstreams it takes nothing for granted: it lists everything, and asks before each push.
"""

import errno
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from json import dumps, loads
from math import inf
from pathlib import Path

from storage import clock, cursor, ids
from storage.content import digest
from storage.credentials import Credentials
from storage.db import Connection, copy_file
from storage.errors import AlreadyExists, StoreBusy, StoreError, StoreFull
from storage.store import Store
from storage.sync.lease import SyncLease
from storage.tables import consumers, entries, leases, meta, outbox, remotes, requests, vdir_files
from storage.vdir.export import CONSUMER, forget_mark
from storage.vdir.stopped import FOLDER

FORMAT = 1
_MIRROR = "mirror.db"
_SECRETS = "credentials"
_KEY = "credentials.key"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_REPLACED = (_MIRROR, f"{_MIRROR}-wal", f"{_MIRROR}-shm", _SECRETS, FOLDER)


@dataclass(frozen=True, slots=True)
class Saved:
    """What a backup holds: when it was made, of how many entries, and whether the accounts' secrets are in it."""

    at: str
    entries: int
    secrets: bool


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored. `aside`: where what stood there before is now; `locked`: the accounts without secrets."""

    saved: Saved
    aside: Path | None
    locked: tuple[str, ...]


def backup(store: Store, file: Path) -> Saved:
    """Write everything into a file that only its owner can read. Safe beside a server that is at work.

    Raises `AlreadyExists` (a backup is never written over), `StoreFull`, `StoreError`.
    """
    if file.exists():
        raise AlreadyExists(f"{file} exists already", hint="choose another name")
    part, copy = file.with_name(f".{file.name}.part"), file.with_name(f".{file.name}.db")
    with _on(file):
        try:
            _touch(copy)
            copy_file(store.db.path, copy)
            saved = _write(store, copy, part)
            os.replace(part, file)
            _sync(file.parent)
        finally:
            for each in (part, copy):
                each.unlink(missing_ok=True)
    return saved


def _write(store: Store, copy: Path, part: Path) -> Saved:
    secrets = store.credentials.path.read_bytes() if store.credentials.path.exists() else b""
    count = len([0 for collection in store.collections() for _ in store.tags(collection.id)[0]])
    saved = Saved(clock.iso(), count, bool(secrets))
    with copy.open("rb") as database:
        hashes = {_MIRROR: sha256(database.read()).hexdigest(), _SECRETS: sha256(secrets).hexdigest()}
    manifest = {"format": FORMAT, "at": saved.at, "entries": count, "secrets": saved.secrets, "sha256": hashes}
    _touch(part)
    with part.open("wb") as raw, tarfile.open(fileobj=raw, mode="w") as archive:
        _add(archive, "manifest.json", dumps(manifest, indent=1).encode())
        if secrets:
            _add(archive, _SECRETS, secrets)
        info = tarfile.TarInfo(_MIRROR)
        info.size, info.mode = copy.stat().st_size, 0o600
        with copy.open("rb") as database:
            archive.addfile(info, database)
        archive.close()
        raw.flush()
        os.fsync(raw.fileno())
    return saved


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), 0o600
    archive.addfile(info, BytesIO(data))


def restore(file: Path, folder: Path, *, key: Path | None = None) -> Restored:
    """Make a backup the mirror of a folder. What stands there is moved aside within it; nothing is deleted.

    `key`: the key file that belongs to the secrets, where it is not in the folder already. Raises `StoreBusy` while a
    server works there, `StoreError` for what is no backup, is damaged, or was made by a newer version.
    """
    with _on(file):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _refuse_running(folder)
        stage = folder / ".restoring"
        shutil.rmtree(stage, ignore_errors=True)
        stage.mkdir(mode=0o700)
        try:
            saved = _unpack(file, stage)
            _begin_anew(stage)
            locked = _locked(stage, folder / _KEY if key is None else key)
            aside = _put_aside(folder)
            for name in (_MIRROR, _SECRETS, _KEY):
                if (stage / name).exists():
                    os.replace(stage / name, folder / name)
            _sync(folder)
        finally:
            shutil.rmtree(stage, ignore_errors=True)
    return Restored(saved, aside, locked)


def _refuse_running(folder: Path) -> None:
    if not (folder / _MIRROR).exists():
        return
    store = Store.open(folder)
    try:
        lease = SyncLease(store.db)
        if not lease.acquire():
            raise StoreBusy(f"a server is at work in {folder}", hint="stop it first")
        lease.release()
    finally:
        store.close()


def _unpack(file: Path, stage: Path) -> Saved:
    """Read the members that a backup has, each checked; no name in the archive becomes a path."""
    broken = StoreError(f"{file} is no backup of this program, or it is damaged", hint="use another backup")
    try:
        with tarfile.open(file, mode="r:") as archive:
            manifest = loads(_member(archive, "manifest.json"))
            if manifest["format"] != FORMAT:
                raise StoreError(f"{file} was made by a newer version of this program", hint="install that version")
            for name in (_MIRROR, *([_SECRETS] if manifest["secrets"] else [])):
                data = _member(archive, name)
                if sha256(data).hexdigest() != manifest["sha256"][name]:
                    raise broken
                _touch(stage / name)
                (stage / name).write_bytes(data)
            return Saved(str(manifest["at"]), int(manifest["entries"]), bool(manifest["secrets"]))
    except (tarfile.TarError, KeyError, ValueError, TypeError) as error:
        raise broken from error


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    found = archive.extractfile(name)
    if found is None:
        raise KeyError(name)
    return found.read()


def _begin_anew(stage: Path) -> None:
    """Turn the copy into another life of the mirror."""
    store = Store.open(stage)
    try:
        with store.db.atomic() as conn:
            meta.put(conn, "store_id", ids.new_id())
            cursor.skip(conn)
            remotes.doubt(conn)
            _doubt_outbox(store, conn)
            leases.drop_every(conn)
            requests.drop_every(conn)
            vdir_files.drop_all(conn)
            consumers.drop(conn, CONSUMER)
            forget_mark(conn)
    finally:
        store.close()


def _doubt_outbox(store: Store, conn: Connection) -> None:
    """Whatever waits may have been sent since: then the upstream's copy is known as ours, and nobody is told again."""
    for collection in store.collections():
        for waiting in outbox.entries(conn, collection.n, inf):
            entry = entries.by_id(conn, waiting.entry_id or "")
            outbox.sending(conn, waiting.n, {*waiting.sent, *([digest(entry.text)] if entry else ())})
    outbox.hush(conn)


def _locked(stage: Path, key: Path) -> tuple[str, ...]:
    """Put key and secrets together where they fit; the accounts that a person has to sign in to again.

    Secrets without their key are worth nothing, and are left out.
    """
    store = Store.open(stage)
    try:
        mirrored = tuple(account.name for account in store.accounts() if account.mirrored)
        if key.exists() and (stage / _SECRETS).exists():
            _touch(stage / _KEY)
            (stage / _KEY).write_bytes(key.read_bytes())
            try:
                secrets = Credentials(stage)
                return tuple(name for name in mirrored if not secrets.get(name))
            except StoreError:
                pass
        for name in (_SECRETS, _KEY):
            (stage / name).unlink(missing_ok=True)
        return mirrored
    finally:
        store.close()


def _put_aside(folder: Path) -> Path | None:
    """Move what stands in the folder out of the way; where to."""
    standing = [name for name in _REPLACED if (folder / name).exists()]
    if not standing:
        return None
    number = 1
    while (aside := folder / f"replaced-{number}").exists():
        number += 1
    aside.mkdir(mode=0o700)
    for name in standing:
        os.replace(folder / name, aside / name)
    return aside


def _touch(path: Path) -> None:
    """Make a file that nobody else may read, empty."""
    path.unlink(missing_ok=True)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _on(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise StoreFull(f"the disk that holds {file} is full", hint="make room, or choose another disk") from error
        raise StoreError(f"{error.filename or file}: {error.strerror}", hint="check the path") from error
