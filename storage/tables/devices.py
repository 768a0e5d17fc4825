"""The table `devices`: one revocable app password each; only the SHA-256 of the secret is kept."""

from sqlite3 import Connection

from storage.model import Device

_SELECT = "SELECT id, user, label, created, last_used, revoked FROM devices"


def add(conn: Connection, device: Device, secret_hash: str) -> None:
    """Write a new one."""
    conn.execute(
        "INSERT INTO devices (id, user, label, secret_hash, created) VALUES (?, ?, ?, ?, ?)",
        (device.id, device.user, device.label, secret_hash, device.created),
    )


def every(conn: Connection, user: str | None = None) -> list[Device]:
    """All of them, or a user's, revoked ones too, oldest first."""
    rows = conn.execute(f"{_SELECT} WHERE ? IS NULL OR user = ? ORDER BY created, id", (user, user))
    return [Device(*row) for row in rows]


def get(conn: Connection, device_id: str) -> Device | None:
    """One of them."""
    row = conn.execute(f"{_SELECT} WHERE id = ?", (device_id,)).fetchone()
    return Device(*row) if row else None


def by_hash(conn: Connection, secret_hash: str) -> Device | None:
    """The device whose secret this is, if it has not been revoked."""
    row = conn.execute(f"{_SELECT} WHERE secret_hash = ? AND revoked IS NULL", (secret_hash,)).fetchone()
    return Device(*row) if row else None


def set_used(conn: Connection, device_id: str, at: str) -> None:
    """The device has just signed in."""
    conn.execute("UPDATE devices SET last_used = ? WHERE id = ?", (at, device_id))


def set_revoked(conn: Connection, device_id: str, at: str) -> None:
    """From now on the secret is refused; the first revocation's moment stays."""
    conn.execute("UPDATE devices SET revoked = coalesce(revoked, ?) WHERE id = ?", (at, device_id))
