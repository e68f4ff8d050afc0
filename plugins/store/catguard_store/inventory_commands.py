"""`catguard cats list`, `show`, `remove` and `export`: what is in the store, and what goes out of it."""

import json
from pathlib import Path

import click

import catguard

KINDS = click.Choice(["cat", "scene"])


def picture_id(_: click.Context, __: click.Parameter, given: str | tuple[str, ...]) -> str | tuple[str, ...]:
    """Say what an id looks like before the policy does."""
    for one in (given,) if isinstance(given, str) else given:
        if len(one) != 16 or set(one) - set("0123456789abcdef"):
            raise click.BadParameter(
                f"{one!r} is no id of a picture: 16 hex digits, as `catguard cats list` tells them"
            )
    return given


@click.command(
    name="list",
    epilog="""\b
Examples:
  catguard cats list
  catguard cats list --breed ragdoll
  catguard cats list --kind scene --json | jq '.[].breed'
""",
)
@click.option("--breed", help="Of a cat, or the name of a scene.")
@click.option("--kind", type=KINDS, help="Cats only, or layers of scenes only.")
@click.option("--json", "as_json", is_flag=True, help="An array with an object for each picture, for programs.")
@catguard.tier_command("store")
async def list_command(context: catguard.TierContext, *, breed: str | None, kind: str | None, as_json: bool) -> None:
    """List what is stored: id, breed, pose or layer, size, what it is, credit and source."""
    from catguard_store.inventory import credit, everything
    from catguard_store.tier import open_repository

    repository = await open_repository(context)
    found = [picture async for picture in everything(repository, kind=kind, breed=breed)]
    if as_json:
        click.echo(json.dumps([picture.as_json() for picture in found], indent=2))
        return
    lines = [
        (
            picture.id,
            picture.breed,
            picture.layer or picture.pose,
            f"{picture.width}x{picture.height}",
            "photo" if picture.opaque else "scene" if picture.kind == "scene" else "cut-out",
            credit(picture),
            picture.source,
        )
        for picture in sorted(found, key=lambda picture: (picture.kind, picture.breed, picture.pose, picture.id))
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    if not lines:
        click.echo(
            "no such pictures are stored: `catguard up` draws some, `catguard cats import` takes yours", err=True
        )


@click.command(
    epilog="""\b
Examples:
  catguard cats show 0123456789abcdef
  catguard cats show 0123456789abcdef --json | jq .anchors
"""
)
@click.argument("identifier", metavar="ID", callback=picture_id)
@click.option("--json", "as_json", is_flag=True, help="An object, for programs.")
@catguard.tier_command("store")
async def show(context: catguard.TierContext, *, identifier: str, as_json: bool) -> int:
    """Tell all that is known of a picture: fields, credit, licence, images, and what it is used for."""
    from catguard_store.inventory import credit, images, use
    from catguard_store.tier import open_repository

    repository = await open_repository(context)
    picture = await repository.picture(identifier)
    if picture is None:
        return _absent(identifier)
    known = picture.as_json()
    stored = {f"{image.width}x{image.height}": len(image.bytes) for image in await images(repository, picture)}
    known |= {"credit": credit(picture), "used": await use(repository, picture), "images": stored}
    if as_json:
        click.echo(json.dumps(known, indent=2))
        return 0
    known["tags"] = ", ".join(picture.tags)
    known["widths"] = ", ".join(map(str, picture.widths))
    known["anchors"] = "; ".join(f"{name} {x:g} {y:g}" for name, (x, y) in sorted(picture.anchors.items()))
    known["images"] = ", ".join(f"{size} ({length // 1024} KiB)" for size, length in stored.items())
    for name, value in known.items():
        if value != "":
            click.echo(f"{name:<8} {value}")
    return 0


@click.command(
    epilog="""\b
Examples:
  catguard cats remove 0123456789abcdef
  catguard cats list --breed ragdoll --json | jq -r '.[].id' | xargs catguard cats remove
"""
)
@click.argument("identifiers", metavar="ID...", nargs=-1, required=True, callback=picture_id)
@catguard.tier_command("store")
async def remove(context: catguard.TierContext, *, identifiers: tuple[str, ...]) -> int:
    """Remove pictures from the store, with their images and tags.

    One that the store has drawn itself comes back at the next start, unless CATGUARD_STORE_DRAWINGS leaves it out.
    """
    from catguard_store.inventory import is_drawn
    from catguard_store.tier import open_repository, reachable

    repository = await open_repository(context)
    status = 0
    for identifier in dict.fromkeys(identifiers):
        picture = await repository.picture(identifier)
        with reachable(repository.engine, f"{identifier} cannot be removed"):
            gone = picture is not None and await repository.remove(identifier)
        if picture is None or not gone:
            status = _absent(identifier)
            continue
        back = "; it is drawn again at the next start, unless CATGUARD_STORE_DRAWINGS leaves it out"
        named = f"{picture.breed}, {picture.layer or picture.pose}"
        click.echo(f"{identifier}: removed ({named}){back if is_drawn(picture) else ''}")
    return status


@click.command(
    epilog="""\b
Examples:
  catguard cats export backup/
  catguard cats export ragdolls/ --breed ragdoll
  catguard cats export backup/ && catguard cats import backup/ --restore --data elsewhere
"""
)
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--breed", help="Of a cat, or the name of a scene.")
@click.option("--kind", type=KINDS, help="Cats only, or layers of scenes only.")
@catguard.tier_command("store")
async def export(context: catguard.TierContext, *, folder: Path, breed: str | None, kind: str | None) -> int:
    """Write pictures into a folder that is new or empty: the largest image of each, and cats.json.

    `catguard cats import --restore` makes the same pictures of them in another store, with all that is known of them.
    """
    from catguard_store.exporting import export as write
    from catguard_store.imports.report import counted
    from catguard_store.inventory import everything
    from catguard_store.tier import open_repository

    repository = await open_repository(context)
    wanted = [picture async for picture in everything(repository, kind=kind, breed=breed)]
    try:
        with context.progress("exporting pictures", len(wanted)) as bar:
            written = await write(repository, wanted, folder, advance=bar.advance)
    except FileExistsError as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"cannot write {error.filename or folder}: {error.strerror or error}") from error
    click.echo(f"{folder}: {counted(written, 'picture')} and cats.json")
    return 0


def _absent(identifier: str) -> int:
    click.echo(f"{identifier}: no such picture is stored; `catguard cats list` tells which there are", err=True)
    return 1
