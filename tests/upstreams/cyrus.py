"""A real Cyrus (Debian's cyrus-caldav) on a loopback port, with its own configuration, spool and accounts.

Needs the packages cyrus-caldav and sasl2-bin, root (its `master` gives up root for the user cyrus) and that user.
"""

import fcntl
import os
import pwd
import shutil
import smtplib
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.upstreams.serving import Server, free_port, running, wait_until

MASTER = Path("/usr/sbin/cyrmaster")
_PROGRAMS = Path("/usr/lib/cyrus/bin")
_IMAPD_CONF = """\
configdirectory: {folder}/conf
partition-default: {folder}/spool
defaultpartition: default
proc_path: {folder}/proc
mboxname_lockpath: {folder}/lock
admins: cyrus
altnamespace: yes
unixhierarchysep: yes
virtdomains: off
sasl_mech_list: PLAIN
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {folder}/sasldb2
sasl_auto_transition: no
servername: localhost
allowplaintext: yes
httpmodules: caldav carddav
httpallowcompress: yes
autocreate_post: yes
autocreate_quota: 0
caldav_create_attach: no
caldav_allowcalendaradmin: no
calendar_user_address_set: example.org
sendmail: /bin/true
"""
_CYRUS_CONF = """\
START {{
  recover cmd="{programs}/ctl_cyrusdb -C {folder}/imapd.conf -r"
}}
SERVICES {{
  http cmd="{programs}/httpd -C {folder}/imapd.conf" listen="127.0.0.1:{port}" prefork=2 maxchild=20
  lmtp cmd="{programs}/lmtpd -a -C {folder}/imapd.conf" listen="127.0.0.1:{mail_port}" prefork=0 maxchild=2
}}
EVENTS {{
}}
"""


def missing() -> str:
    """Why Cyrus cannot run here; empty if it can."""
    if os.geteuid() != 0:
        return "Cyrus needs root to start"
    if not (_PROGRAMS / "httpd").exists() or shutil.which("saslpasswd2") is None:
        return "Debian's cyrus-caldav and sasl2-bin are not installed"
    try:
        pwd.getpwnam("cyrus")
    except KeyError:
        return "there is no user cyrus"
    return ""


@contextmanager
def running_cyrus(users: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Run Cyrus with everything in a fresh folder below the system's temporary one; the first user is the account.

    It delivers invitations between its users: their addresses are `mailto:{user}@example.org`.

    Not below pytest's own folders, which every new session of pytest closes to other users. One at a time on a machine:
    two of them were seen to end each other's processes, whatever their folders.
    """
    with (
        (Path(tempfile.gettempdir()) / "one-cyrus.lock").open("w") as lock,
        tempfile.TemporaryDirectory(prefix="cyrus-", ignore_cleanup_errors=True) as folder,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        with _running(Path(folder), users) as server:
            yield server


@contextmanager
def _running(folder: Path, users: Mapping[str, str] | None) -> Iterator[Server]:
    everybody = dict(users or {"up": "up"})
    port, mail_port = free_port(), free_port()
    _prepare(folder, everybody, port, mail_port)
    url = f"http://127.0.0.1:{port}/dav/"
    command = [
        *(str(_PROGRAMS / "master"), "-C", str(folder / "imapd.conf")),
        *("-M", str(folder / "cyrus.conf"), "-p", str(folder / "pid"), "-L", str(folder / "master.log")),
    ]
    with running("cyrus", command, url, folder / "log"):
        username = next(iter(everybody))
        home = f"{url}calendars/user/{username}/"
        books = f"{url}addressbooks/user/{username}/"
        server = Server("cyrus", url, username, everybody[username], home, everybody, folder / "log", books)
        _welcome(mail_port, everybody)
        wait_until(lambda: _is_ready(server), "cyrus", alive=lambda: True, log=folder / "log", seconds=10)
        yield server


def _is_ready(server: Server) -> bool:
    with server.client() as client:
        return client.request("PROPFIND", server.home, headers={"Depth": "0"}).status_code == 207


def _welcome(port: int, users: Mapping[str, str]) -> None:
    """Deliver a mail to everybody: an account comes into being with its inbox, and only mail creates that.

    One mail each: LMTP answers once for every recipient, and smtplib reads one answer.
    """
    for user in users:
        with smtplib.LMTP("127.0.0.1", port) as mail:
            mail.sendmail("root@localhost", user, "Subject: Welcome\r\n\r\nHello.\r\n")


def _prepare(folder: Path, users: Mapping[str, str], port: int, mail_port: int) -> None:
    for name in ("conf/db", "conf/socket", "conf/user", "conf/quota", "conf/log", "conf/msg", "spool", "proc", "lock"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "imapd.conf").write_text(_IMAPD_CONF.format(folder=folder))
    services = _CYRUS_CONF.format(folder=folder, programs=_PROGRAMS, port=port, mail_port=mail_port)
    (folder / "cyrus.conf").write_text(services)
    for name, password in users.items():
        subprocess.run(
            ["saslpasswd2", "-p", "-c", "-f", str(folder / "sasldb2"), "-u", "localhost", name],
            input=password.encode(),
            check=True,
            capture_output=True,
        )
    owner = pwd.getpwnam("cyrus")
    for place in (folder, *folder.rglob("*")):
        os.chown(place, owner.pw_uid, owner.pw_gid)
