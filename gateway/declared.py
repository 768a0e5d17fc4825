"""What a configuration says, as frozen records: one for each kind of section, and the whole as `Config`."""

from dataclasses import dataclass, field
from pathlib import Path

from storage.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret that stands in the configuration, or in a file that the configuration names; never printed."""

    where: str
    value: str = field(default="", repr=False)
    file: Path | None = None

    def read(self) -> str:
        """The secret itself, without the line end of its file; raises `ConfigError` if the file cannot be read."""
        if self.file is None:
            return self.value
        try:
            text = self.file.read_text("utf-8-sig").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            words = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise ConfigError(f"{self.where}: cannot read {self.file}: {words}", hint="check the path") from error
        if not text:
            raise ConfigError(f"{self.where}: {self.file} is empty", hint="put the secret on its first line")
        return text


@dataclass(frozen=True, slots=True)
class Server:
    """`[server]`"""

    host: str
    port: int
    base_url: str
    workers: int


@dataclass(frozen=True, slots=True)
class StorageOptions:
    """`[storage]`; `path` is absolute, `history_size` in MiB."""

    path: Path
    vdir: bool
    vdir_edits: bool
    history_days: int
    history_size: int


@dataclass(frozen=True, slots=True)
class SyncOptions:
    """`[sync]`; `interval` in seconds."""

    interval: int


@dataclass(frozen=True, slots=True)
class PushOptions:
    """`[push]`"""

    enabled: bool
    contact: str
    private: bool


@dataclass(frozen=True, slots=True)
class ApiOptions:
    """`[api]`"""

    requests_per_minute: int
    access_requests_per_minute: int
    access_requests_per_hour: int
    track_activity: bool
    private_receivers: bool


@dataclass(frozen=True, slots=True)
class DeclaredUser:
    """`[user NAME]`; `where` says file and section, for messages."""

    name: str
    where: str
    password: Secret | None
    default_account: str


@dataclass(frozen=True, slots=True)
class DeclaredAccount:
    """`[account NAME]`; `id` is None where the store is to assign one."""

    name: str
    where: str
    user: str
    provider: str
    id: int | None
    email: str
    url: str
    username: str
    password: Secret | None
    endpoint: str
    access_token: Secret | None
    service: str


@dataclass(frozen=True, slots=True)
class DeclaredCollection:
    """`[collection ACCOUNT/KEY]`"""

    account: int
    key: str
    where: str
    name: str
    timezone: str
    email: str


@dataclass(frozen=True, slots=True)
class ContactRule:
    """One line of `rules`: how much is seen of events with these people. `identifier` is empty for the type `all`."""

    level: str
    type: str
    identifier: str
    priority: int


@dataclass(frozen=True, slots=True)
class DeclaredToken:
    """`[token NAME]`; `past_days` and `future_days` are None without a limit."""

    name: str
    where: str
    kind: str
    secret: Secret
    account: int | None
    calendars: tuple[str, ...]
    level: str
    operations: tuple[str, ...]
    fields: tuple[str, ...]
    past_days: int | None
    future_days: int | None
    rules: tuple[ContactRule, ...]


@dataclass(frozen=True, slots=True)
class DeclaredWebhook:
    """`[webhook NAME]`"""

    name: str
    where: str
    url: str
    application: str
    secret: Secret


@dataclass(frozen=True, slots=True)
class Config:
    """Everything a file, the environment and the defaults say. `file` is None where there is no file."""

    file: Path | None
    server: Server
    storage: StorageOptions
    sync: SyncOptions
    push: PushOptions
    api: ApiOptions
    users: tuple[DeclaredUser, ...] = ()
    accounts: tuple[DeclaredAccount, ...] = ()
    collections: tuple[DeclaredCollection, ...] = ()
    tokens: tuple[DeclaredToken, ...] = ()
    webhooks: tuple[DeclaredWebhook, ...] = ()
