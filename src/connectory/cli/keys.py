"""connectory keys ...: the master keys that secrets in the store are sealed with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

import connectory
from connectory.cli.error_output import print_note
from connectory.cli.exits import DONE, REFUSED
from connectory.cli.options import DatabaseUrl, Json
from connectory.cli.output import counted, print_json, print_text, table
from connectory.cli.progress import Bar

if TYPE_CHECKING:
    from connectory.stores.rotation import Rotation

app = typer.Typer(help="See and rotate the master keys that seal secrets.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_(json: Json = False, database_url: DatabaseUrl = None) -> None:
    """List the master keys, and how many secrets each one seals.

    A key itself is never shown: its id is.

    \b
    Example:
      connectory keys list
    """
    from connectory.stores.rotation import pending

    catalog = connectory.Catalog.open(database_url=database_url)
    state = pending(catalog.existing_store(), catalog.key_ring)
    here = [key.id for key in catalog.key_ring.all()]
    rows = [(id, state.counts.get(id, 0), id in here) for id in dict.fromkeys([*here, *sorted(state.counts)])]
    if json:
        print_json([{"id": id, "secrets": count, "here": is_here} for id, count, is_here in rows])
        return
    lines = [(id, str(count), _state(id, state.newest, is_here)) for id, count, is_here in rows]
    for line in table([("KEY", "SECRETS", ""), *lines]):
        print_text(line)


@app.command()
def rotate(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be sealed anew, and change nothing.")
    ] = False,
    json: Json = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Seal every secret with the newest master key.

    With keys in the file master.key a new one is put first, unless an earlier
    rotation has yet to be finished. Keys in CONNECTORY_MASTER_KEYS are yours to
    change: put the new one first, then rotate. It may be interrupted, and goes on
    where it was.

    \b
    Examples:
      connectory keys rotate --dry-run
      connectory keys rotate
    """
    from connectory.stores.rotation import pending
    from connectory.stores.rotation import rotate as rotate_in

    catalog = connectory.Catalog.open(database_url=database_url)
    store, keys = catalog.existing_store(), catalog.key_ring
    finished = not pending(store, keys).left
    if finished and not keys.fixed and not dry_run:
        keys.add_key()
    with Bar("sealing", shown=not json) as bar:
        rotation = rotate_in(store, keys, dry_run=dry_run, progress=bar.at)
    if json:
        print_json(_as_json(rotation))
    else:
        _print(rotation, with_new_key=dry_run and finished and not keys.fixed)
        if finished and keys.fixed:
            print_note(f"nothing was left to do: put a new key before the others in {keys.place}, and rotate again")
    raise typer.Exit(REFUSED if rotation.unopenable else DONE)


def _state(id: str, newest: str | None, is_here: bool) -> str:
    if not is_here:
        return "is not here: add it to CONNECTORY_MASTER_KEYS or master.key, after the newest"
    return "seals and opens" if id == newest else "opens"


def _as_json(rotation: Rotation) -> dict[str, object]:
    unopened = [
        {"space": one.space, "id": one.id, "field": one.field, "key": one.key_id, "reason": one.reason}
        for one in rotation.unopenable
    ]
    return {
        "newest": rotation.newest,
        "before": dict(rotation.before),
        "resealed": rotation.resealed,
        "left": rotation.left,
        "unopened": unopened,
        "dry_run": rotation.dry_run,
    }


def _print(rotation: Rotation, *, with_new_key: bool) -> None:
    done = "would be sealed" if rotation.dry_run else "were sealed"
    total = sum(rotation.before.values())
    key = f", with the key {rotation.newest}" if rotation.newest else ""
    if with_new_key:
        print_text(f"{counted(total, 'secret')} would be sealed anew, with a new key")
        return
    print_text(f"{rotation.resealed} of {counted(total, 'secret')} {done} anew{key}")
    if rotation.left:
        print_note(f"{rotation.left} were saved with an older key meanwhile: rotate again")
    for one in rotation.unopenable:
        print_note(
            f"{one.id}: {one.field.strip('/').replace('/', '.')} cannot be opened: it wants the key {one.key_id}"
        )
