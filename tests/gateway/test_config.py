"""The configuration reader: every mistake names file, section and option; the example is what the table says."""

from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import declared, options
from gateway.config import load
from gateway.declared import Secret
from storage.errors import ConfigError

ROOT = Path(__file__).parents[2]


def write(folder: Path, text: str) -> Path:
    file = folder / "config.ini"
    file.write_text(text, "utf-8")
    return file


def refused(folder: Path, text: str, environ: dict[str, str] | None = None) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(write(folder, text), environ or {})
    return caught.value


def test_without_a_file_the_defaults_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = load(None, {"HOME": str(tmp_path / "home")})
    assert found.file is None
    assert (found.server.host, found.server.port, found.server.workers) == ("127.0.0.1", 5243, 1)
    assert found.storage.path == tmp_path / "data"
    assert found.storage.vdir is True
    assert found.sync.interval == 60
    assert not found.users
    assert not found.accounts


def test_the_file_here_comes_before_the_one_in_the_users_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    (home / ".config" / "calharbor").mkdir(parents=True)
    write(home / ".config" / "calharbor", "[server]\nport = 1\n")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert load(None, {"HOME": str(home)}).server.port == 1
    write(tmp_path / "here", "[server]\nport = 2\n")
    assert load(None, {"HOME": str(home)}).server.port == 2
    assert load(None, {"XDG_CONFIG_HOME": str(tmp_path)}).server.port == 2


def test_relative_paths_start_at_the_folder_of_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "pw").write_text("s3cret\n")
    file = write(folder, "[storage]\npath = ./mirror\n[user alice]\npassword_file = pw\n")
    found = load(file, {})
    assert found.storage.path == folder / "mirror"
    assert found.users[0].password is not None
    assert found.users[0].password.read() == "s3cret"


def test_an_account_as_the_design_writes_it(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "[user alice]\npassword = alice-password\ndefault_account = work\n"
        "[account work]\nuser = alice\nprovider = caldav\nid = 101\nemail = a@example.com\n"
        "url = https://dav.example.com/\nusername = al\npassword = p%(x)s = ;#1\n"
        "[account home]\nuser = alice\nprovider = local\nservice = google_calendar\n",
    )
    found = load(file, {})
    work, home = found.accounts
    assert (work.name, work.user, work.provider, work.id, work.username) == ("work", "alice", "caldav", 101, "al")
    assert work.password is not None
    assert work.password.read() == "p%(x)s = ;#1"
    assert (home.id, home.service, home.password) == (None, "google_calendar", None)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[serve]\n", ["[serve]", "no such section"]),
        ("[server]\nprot = 1\n", ["[server] prot", "no such option"]),
        ("[server]\nport = many\n", ["[server] port", "'many'", "0 to 65535"]),
        ("[server]\nport = 70000\n", ["[server] port", "'70000'"]),
        ("[server]\nport = ١٢\n", ["[server] port"]),
        ("[server]\nworkers = 0\n", ["[server] workers", "1 to 64"]),
        ("[server]\nbase_url = cal.example.com\n", ["[server] base_url", "http://"]),
        ("[server]\nbase_url = http://[::1\n", ["[server] base_url", "http://"]),
        ("[server main]\n", ["[server main]", "no name"]),
        ("[storage]\nvdir = maybe\n", ["[storage] vdir", "yes or no"]),
        ("[user]\n", ["[user]", "a name is missing"]),
        ("[user a:b]\n", ["[user a:b]", "cannot be a name"]),
        ("[user 17]\n", ["[user 17]", "number"]),
        ("[account a]\nprovider = local\n", ["[account a] user", "required"]),
        ("[account a]\nuser = b\n", ["[account a] provider", "required"]),
        ("[account a]\nuser = b\nprovider = local\nservice = gogle\n", ["[account a] service", "'gogle'"]),
        ("[account a]\nuser=b\nprovider=local\nid=7\n[account c]\nuser=b\nprovider=local\nid=7\n", ["[account c] id"]),
        ("[user a]\npassword = x\npassword_file = y\n", ["[user a] password", "both"]),
        ("[server]\nport = 1\nport = 2\n", ["line 3", "[server] has 'port' before"]),
        ("[sync]\n[server]\n[sync]\n", ["line 3", "there is a [sync] before"]),
        ("# a\nport = 1\n", ["line 2", "'port = 1' stands in no [section]"]),
        ("[server]\nport\n", ["line 2", "neither [section] nor option"]),
    ],
)
def test_a_mistake_names_file_section_and_option(tmp_path: Path, text: str, words: list[str]) -> None:
    error = refused(tmp_path, text)
    assert str(tmp_path / "config.ini") in error.message
    for word in words:
        assert word in error.message
    assert "\n" not in error.message


def test_a_file_that_is_no_text_says_so(tmp_path: Path) -> None:
    (tmp_path / "config.ini").write_bytes(b"[server]\n\xff\xfe\n")
    with pytest.raises(ConfigError, match=r"config.ini: this is not UTF-8 text"):
        load(tmp_path / "config.ini", {})


def test_a_typing_mistake_gets_a_suggestion(tmp_path: Path) -> None:
    assert "did you mean port?" in refused(tmp_path, "[server]\nprot = 1\n").hint
    assert "did you mean server?" in refused(tmp_path, "[sever]\n").hint


def test_a_missing_file_is_an_error_only_where_it_was_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load(tmp_path / "none.ini", {})


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "[server]\nport = 1\n[user alice]\npassword_file = gone\n[account my work]\nuser = alice\nprovider = local\n",
    )
    found = load(
        file,
        {
            "CALHARBOR_SERVER_PORT": "2",
            "CALHARBOR_USER_ALICE_PASSWORD": "from-outside",
            "CALHARBOR_ACCOUNT_MY_WORK_EMAIL": "w@example.com",
            "CALHARBOR_SEEDS": "not ours",
        },
    )
    assert found.server.port == 2
    assert found.users[0].password == Secret(f"{file}: [user alice] password", "from-outside")
    assert found.accounts[0].email == "w@example.com"


def test_an_environment_variable_that_fits_nothing_is_an_error(tmp_path: Path) -> None:
    error = refused(tmp_path, "", {"CALHARBOR_SERVER_PROT": "2"})
    assert "CALHARBOR_SERVER_PROT" in error.message
    assert "did you mean CALHARBOR_SERVER_PORT?" in error.hint
    both = "[user a-b]\n[user a.b]\n"
    assert "could mean" in refused(tmp_path, both, {"CALHARBOR_USER_A_B_PASSWORD": "x"}).message


def test_an_unreadable_secret_is_an_error_when_it_is_needed(tmp_path: Path) -> None:
    found = load(write(tmp_path, "[user a]\npassword_file = none\n"), {})
    secret = found.users[0].password
    assert secret is not None
    with pytest.raises(ConfigError, match=r"\[user a\] password_file: cannot read"):
        secret.read()
    (tmp_path / "none").write_text("\n")
    with pytest.raises(ConfigError, match="is empty"):
        secret.read()


def test_secrets_do_not_show(tmp_path: Path) -> None:
    found = load(write(tmp_path, "[user a]\npassword = hunter2\n"), {})
    assert "hunter2" not in repr(found)


def test_the_example_file_is_what_the_table_says() -> None:
    assert (ROOT / "config.example.ini").read_text("utf-8") == options.example()


def test_the_example_with_every_comment_removed_is_valid(tmp_path: Path) -> None:
    lines = [
        line[1:] if line.startswith("#") and not line.startswith("# ") else line
        for line in options.example().splitlines()
    ]
    found = load(write(tmp_path, "\n".join(lines)), {})
    assert found.server == load(write(tmp_path, "[server]\nbase_url = https://cal.example.com"), {}).server
    assert found.users[0].name == "alice"
    assert found.accounts[0].name == "work"


def test_every_option_is_a_field_of_its_record() -> None:
    records = {
        "server": declared.Server,
        "storage": declared.StorageOptions,
        "sync": declared.SyncOptions,
        "push": declared.PushOptions,
        "api": declared.ApiOptions,
        "user": declared.DeclaredUser,
        "account": declared.DeclaredAccount,
        "collection": declared.DeclaredCollection,
        "token": declared.DeclaredToken,
        "webhook": declared.DeclaredWebhook,
    }
    for kind in options.SECTIONS:
        names = {option.name for option in options.options_of(kind.word)} | ({"name", "where"} if kind.named else set())
        names |= {"key", "account"} - {"name"} if kind.word == "collection" else set()
        assert {field.name for field in fields(records[kind.word])} == names


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_in_one_line(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.getbasetemp() / "any.ini"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    message = ""
    try:
        load(file, {})
    except ConfigError as error:
        message = error.message
    assert not message or message.startswith(str(file))
    assert "\n" not in message
