"""What a run of the engine would do, found out over a copy of the mirror that is brought up to the configuration."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from gateway.app import edited_vdir, make_provider
from gateway.declare import declare
from gateway.declared import Config
from storage.credentials import Credentials
from storage.model import Account
from storage.provider import Provider
from storage.store import Store
from storage.sync.forecast import Forecast, forecast


def rehearsal(
    config: Config, choose: Callable[[Store], Sequence[Account]], progress: Callable[[int], None]
) -> AbstractContextManager[Forecast]:
    """What a run would do, over a copy of the mirror that is brought up to the configuration; nothing else is written.

    What people did to the files goes in first, as a run takes it in. `choose`: which accounts to run. Raises
    `ConfigError`, `StoreError`.
    """
    folder = config.storage.path
    kept = Credentials(folder)

    def prepare(copy: Store) -> tuple[Sequence[Account], Callable[[Account], Provider]]:
        declare(config, copy, passwords=False)

        def make(account: Account) -> Provider:
            return make_provider(account, copy.credentials.get(account.name) or kept.get(account.name))

        return choose(copy), make

    return forecast(folder, prepare, vdir=edited_vdir(config), progress=progress)
