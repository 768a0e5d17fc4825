"""What the processes under the supervisor do: answer HTTP, or run the sync; both end when the supervisor is gone."""

import logging
import os
import select
import signal
import socket
import sys
from collections.abc import Callable
from functools import partial
from threading import Event, Thread
from types import FrameType

from gateway.app import (
    callback_delivery,
    journal_readers,
    open_store,
    providers,
    push_delivery,
    push_offer,
    webhook_delivery,
)
from gateway.declared import Config
from gateway.http import log
from gateway.http.limits import Rate
from storage import callbacks, push
from storage.scheduling.asking import Asking
from storage.store import Store
from storage.sync.lease import SyncLease
from storage.sync.report import Round
from storage.sync.worker import POLL, Worker

GRACE = 5
"""Seconds that requests and rounds under way have to come to their end."""

TURN = 0.0005
"""Seconds for which a thread may go on while others wait for the interpreter. A poll gives it up at each of its reads,
and would wait ten times as long to get it back from a long report, as Python has it by default."""

_LOOK = 0.1
_AFTER_A_BUG = 10.0


def run_http(config: Config, listen_fd: int, parent_fd: int) -> None:
    """Answer HTTP on the inherited socket until SIGTERM or the supervisor's end."""
    import uvicorn  # only here: the sync process has no use for what HTTP needs

    from gateway.serve.patience import MOST_CONNECTIONS, PatientProtocol
    from gateway.serve.web import web_app

    log.set_up()
    sys.setswitchinterval(TURN)
    store = open_store(config)
    settings = uvicorn.Config(
        web_app(
            store,
            base=config.server.base_url.rstrip("/"),
            push=push_offer(config, store),
            asking=Asking(providers(store)),
            rates=[Rate(config.api.requests_per_minute, 60.0)],
            access_rates=[
                Rate(config.api.access_requests_per_minute, 60.0),
                Rate(config.api.access_requests_per_hour, 3600.0),
            ],
            ending=lambda: server.should_exit,
        ),
        loop="auto",  # uvloop where there is one
        http=PatientProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
        limit_concurrency=MOST_CONNECTIONS,
    )
    server = uvicorn.Server(settings)

    def watch() -> None:
        _wait_for_end_of(parent_fd)
        server.should_exit = True

    Thread(target=watch, name="parent", daemon=True).start()
    server.run(sockets=[socket.socket(fileno=listen_fd)])
    store.close()


def run_sync(config: Config, parent_fd: int) -> int:
    """Run the sync until SIGTERM or the supervisor's end; the exit code is 1 where the worker ended by itself."""
    log.set_up()
    store = open_store(config)
    worker = Worker(
        store,
        providers(store),
        interval=config.sync.interval,
        on_round=_log_round,
        consumers=journal_readers(config, store),
    )
    stop = Event()
    signals: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        # Not `stop.set()`: a handler may run while this very thread holds the event's lock.
        signals.append(number)

    signal.signal(signal.SIGTERM, note)
    signal.signal(signal.SIGINT, note)
    if config.push.enabled:
        sending = partial(_send_push, config, store, worker.lease)
        Thread(target=_keep_sending, args=(sending, stop), name="push", daemon=True).start()
    if config.webhooks:
        hooks = webhook_delivery(store, worker.lease)
        Thread(target=_keep_sending, args=(hooks.run, stop), name="webhooks", daemon=True).start()
    calling = partial(_send_callbacks, config, store, worker.lease)
    Thread(target=_keep_sending, args=(calling, stop), name="callbacks", daemon=True).start()
    thread = Thread(target=worker.run, args=(stop,), name="worker")
    thread.start()
    while thread.is_alive() and not signals and not _ended(parent_fd, _LOOK):
        pass
    code = 0 if thread.is_alive() else 1
    stop.set()
    thread.join(GRACE)
    if thread.is_alive():
        # An upstream that does not answer must not hold up the end: whatever is not committed is done again.
        os._exit(code)
    store.close()
    return code


def _send_push(config: Config, store: Store, lease: SyncLease, stop: Event) -> None:
    """Send push messages as soon as anybody has asked for them: what sending takes, 7 MiB, is not loaded before."""
    version = -1
    while not stop.wait(POLL):
        seen = store.data_version()
        if seen != version and push.wanted(store):
            delivery = push_delivery(config, store, lease)
            if delivery is not None:
                delivery.run(stop)
            return
        version = seen


def _send_callbacks(config: Config, store: Store, lease: SyncLease, stop: Event) -> None:
    """Tell applications of changes as soon as one has asked for it."""
    version = -1
    while not stop.wait(POLL):
        seen = store.data_version()
        if seen != version and callbacks.wanted(store):
            callback_delivery(config, store, lease).run(stop)
            return
        version = seen


def _keep_sending(run: Callable[[Event], None], stop: Event) -> None:
    """A bug in sending messages is logged, and leaves the mirror alone."""
    while not stop.is_set():
        try:
            run(stop)
        except Exception:
            logging.getLogger(log.LOGGER).exception("messages: unexpected error")
            stop.wait(_AFTER_A_BUG)


def _log_round(report: Round) -> None:
    log.event("sync", **report.as_json())


def _ended(fd: int, timeout: float) -> bool:
    """Whether the pipe has come to its end, waiting so many seconds for it."""
    ready, _, _ = select.select([fd], [], [], timeout)
    return bool(ready) and not os.read(fd, 1)


def _wait_for_end_of(fd: int) -> None:
    while os.read(fd, 1):
        pass
