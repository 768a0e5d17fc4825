"""Being told by the system that something happens in the folder, so that an edit is taken in at once.

Only a hint: what has changed is found out by looking (`storage/vdir/intake.py`), and where the system tells nothing, or
forgets to, the regular look over everything finds it.
"""

import logging
from pathlib import Path
from threading import Lock

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from storage.vdir.folder import TEMPORARY

log = logging.getLogger("calharbor.vdir")

MOST = 20_000
"""So many names are remembered at most; beyond, everything is looked at."""


class Watch(FileSystemEventHandler):
    """Collects which files of a folder may have changed since it was last asked."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = Lock()
        self._paths: set[str] = set()
        self._all = False
        self._observer: BaseObserver | None = None
        self._inode = 0

    def begin(self) -> bool:
        """Watch the folder as it now is, if that is not so already; whether it is watched."""
        try:
            inode = self.root.stat().st_ino
        except OSError:
            inode = 0
        if self._observer is not None and self._observer.is_alive() and inode == self._inode:
            return True
        self.close()
        if not inode:
            return False
        observer = Observer()
        try:
            observer.schedule(self, str(self.root), recursive=True)
            observer.start()
        except OSError as error:  # too many watches, or a disk that cannot
            log.warning("%s is not watched (%s); it is looked over every few seconds instead", self.root, error)
            return False
        self._observer, self._inode = observer, inode
        return True

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Called by the observer's thread."""
        if event.event_type in ("opened", "closed_no_write"):
            return
        with self._lock:
            for path in (event.src_path, event.dest_path):
                text = path if isinstance(path, str) else path.decode(errors="surrogateescape")
                if text and not text.endswith(TEMPORARY):
                    self._paths.add(text)
            if len(self._paths) > MOST:
                self._all = True
                self._paths.clear()

    def changed(self) -> tuple[list[Path], bool]:
        """The paths below the folder about which something was heard, and whether more than can be named."""
        with self._lock:
            paths, everything = self._paths, self._all
            self._paths, self._all = set(), False
        return [Path(each) for each in paths], everything

    def close(self) -> None:
        """Stop watching."""
        if self._observer is not None:
            self._observer.stop()
            if self._observer.is_alive():
                self._observer.join()
            self._observer = None
