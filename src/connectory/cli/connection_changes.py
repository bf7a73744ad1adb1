"""connectory connection add, update, remove: the connections of the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

import connectory
from connectory.cli.error_output import print_note
from connectory.cli.options import Config, DatabaseUrl, Id, Json
from connectory.cli.output import print_json, print_text
from connectory.cli.setting_flags import given_settings
from connectory.cli.terminal import can_ask
from connectory.cli.who import whoami

if TYPE_CHECKING:
    from connectory.keeping.changes import Saved
    from connectory.keeping.edits import Edit
    from connectory.stores.protocol import Store

SecretFrom = Annotated[
    list[str] | None,
    typer.Option(
        "--secret-from",
        metavar="[PATH=]SOURCE",
        help="A secret: env:NAME, file:PATH, or - for standard input. It is the credential's own, or the one that "
        "PATH= names (tls.private_key, headers.NAME, ...).",
    ),
]
ByReference = Annotated[
    bool, typer.Option("--by-reference", help="Keep where the secrets stand, not the secrets: they are read at use.")
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Any part of the document: labels.team=blue, headers.X-A=b."),
]
Unset = Annotated[list[str] | None, typer.Option("--unset", metavar="PATH", help="Take a part of the document away.")]
Revision = Annotated[
    int | None, typer.Option("--revision", help="Only if it still is at this revision, which `show` tells.")
]


def add(
    context: typer.Context,
    id: Id,
    secret_from: SecretFrom = None,
    by_reference: ByReference = False,
    set_: Set = None,
    json: Json = False,
    config: Config = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Add a connection to the store.

    What is missing is asked for on a terminal. Secrets are kept sealed.

    \b
    Examples:
      connectory connection add openai_default
      connectory connection add prod --secret-from env:OPENAI_KEY --model gpt-4.1
      connectory connection add llm --provider other --auth-type none \\
        --url http://llm:8000/v1 --set labels.team=blue
      connectory connection add mtls --provider other --url https://llm/v1 \\
        --secret-from tls.certificate=file:client.pem \\
        --secret-from tls.private_key=file:client.key
    """
    from connectory.cli.questions import completed
    from connectory.keeping.changes import add as add_to

    catalog = connectory.Catalog.open(config=config, database_url=database_url)
    catalog.refuse_taken(id)
    edit = _edit(context, set_, (), secret_from, by_reference=by_reference)
    if can_ask() and not json:
        edit = completed(edit)
    store = catalog.writable_store()
    saved = add_to(store, id, edit, by=whoami())
    _print_saved(saved, "added", store, catalog, json=json)


def update(
    context: typer.Context,
    id: Id,
    secret_from: SecretFrom = None,
    by_reference: ByReference = False,
    set_: Set = None,
    unset: Unset = None,
    revision: Revision = None,
    json: Json = False,
    config: Config = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Change a connection of the store.

    Kept secrets stay, unless the change would send them elsewhere (another host,
    proxy, CA, ...): then they have to be given again. Without any option, a
    terminal is asked for those that are missing.

    \b
    Examples:
      connectory connection update prod --model gpt-4.1-mini --timeout 30
      connectory connection update prod --secret-from -  < new-key.txt
      connectory connection update prod --unset headers.X-Team --revision 3
    """
    from connectory.keeping.changes import update as update_in

    catalog = connectory.Catalog.open(config=config, database_url=database_url)
    store = catalog.store_with(id)
    edit = _edit(context, set_, unset or (), secret_from, by_reference=by_reference, kind=_kind_of(store, id))
    if edit.is_empty and can_ask() and not json:
        edit = _missing_ones(catalog.find(id))
    if edit.is_empty:
        raise connectory.CallerError("Nothing to change was said: see `connectory connection update --help`.")
    saved = update_in(store, id, edit, by=whoami(), revision=revision)
    _print_saved(saved, "changed" if saved.changed else "unchanged:", store, catalog, json=json)


def remove(
    id: Id,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    revision: Revision = None,
    config: Config = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Remove a connection from the store, with its secrets.

    \b
    Examples:
      connectory connection remove old-llm
      connectory connection remove old-llm --yes
    """
    catalog = connectory.Catalog.open(config=config, database_url=database_url)
    store = catalog.store_with(id)
    if can_ask() and not yes:
        typer.confirm(f"Remove {id} and its secrets from the {store.place}?", abort=True, err=True)
    store.remove(id, expected=revision, by=whoami())
    print_text(f"removed {id} from the {store.place}")


def _edit(
    context: typer.Context,
    set_: Iterable[str] | None,
    unset: Iterable[str],
    secret_from: Iterable[str] | None,
    *,
    by_reference: bool,
    kind: str | None = None,
) -> Edit:
    from connectory.cli.questions import main_secret
    from connectory.cli.secrets import secrets_from
    from connectory.credentials import DEFAULT_KIND
    from connectory.keeping.edits import Edit, value_at
    from connectory.keeping.places import part_at

    values = [value_at(path, text) for path, text in [*given_settings(context).items(), *map(_pair, set_ or ())]]
    chosen = dict(values).get(("credential", "kind"), kind)
    if chosen in (None, "none"):
        chosen = DEFAULT_KIND
    secrets = secrets_from(secret_from or (), default=main_secret(str(chosen)), by_reference=by_reference)
    return Edit(values=dict(values), secrets=secrets, unset=tuple(part_at(path).place for path in unset))


def _missing_ones(connection: connectory.Connection) -> Edit:
    """The secrets that a connection lacks, as somebody types them."""
    from connectory.cli.secrets import prompted
    from connectory.connection import secret_places
    from connectory.keeping.edits import Edit
    from connectory.secret import Secret

    missing = [place for place, secret in secret_places(connection) if secret == Secret.missing()]
    given = {place: prompted(".".join(place)) for place in missing}
    return Edit(secrets={place: Secret(text) for place, text in given.items() if text})


def _pair(text: str) -> tuple[str, str]:
    path, found, value = text.partition("=")
    if not found:
        raise connectory.CallerError("--set takes PATH=VALUE: labels.team=blue.")
    return path, value


def _kind_of(store: Store, id: str) -> str | None:
    record = store.get(id)
    credential: Mapping[str, str] = record.document.get("credential", {}) if record else {}
    return credential.get("kind")


def _print_saved(saved: Saved, what: str, store: Store, catalog: connectory.Catalog, *, json: bool) -> None:
    from connectory.cli import connection_view as view

    record = saved.record
    if json:
        dropped = {"dropped_secrets": list(saved.dropped)} if saved.dropped else {}
        print_json({**view.as_json(saved.connection, catalog.models), "revision": record.revision, **dropped})
    else:
        print_text(f"{what} {record.id} (revision {record.revision}) in the {store.place}")
        for warning in view.warnings_of(saved.connection, catalog.models):
            print_text(f"warning: {warning}")
    for note in record.notes:
        print_note(note)
    if saved.dropped:
        print_note(
            f"{', '.join(saved.moved)} changed, so these secrets would go elsewhere and are kept no longer; give them "
            f"again with --secret-from: {', '.join(saved.dropped)}"
        )
    first = catalog.looks(record.id)
    if shadow := next((look.place for look in first if look.found and look.place != store.place), None):
        print_note(f"{shadow} has a connection of this id too, and comes first")
