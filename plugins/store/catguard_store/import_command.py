"""`catguard cats import`: pictures of people's own into the store, with a summary of what became of each."""

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

import catguard

if TYPE_CHECKING:
    from catguard_store.imports.report import Report
    from catguard_store.imports.supply import Supply

NO_LICENCE = "args/licence/minLength"

EXAMPLES = """\b
Examples:
  catguard cats import photos/ --licence CC-BY-4.0 --author "Ann Author"
  catguard cats import photos.zip --sidecar labels.csv
  catguard cats import photos/siamese --breed siamese --licence MIT --dry-run
  catguard cats import photos/ --licence MIT --json | jq .refused
  catguard cats import --pack revoy --count 24
  catguard cats import backup/ --restore

\b
Folders say what is seen: siamese/1.jpg, siamese/sitting/2.png, scenes/my-garden/back.png; so does cats.csv or
cats.json at the top, or --sidecar: file, kind, breed, pose, layer, tags, anchors, licence, author.
PNG, JPEG, WebP, AVIF and the first frame of a GIF are taken. Exit status: 0 when everything is stored, 1 when
some pictures were refused, each by its name and with the reason, 2 when the command was wrong.
"""


@click.command(name="import", epilog=EXAMPLES)
@click.argument("place", metavar="[DIR|ZIP]", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--pack", type=click.Choice(["revoy"]), help="Cats from a package instead: revoy is David Revoy's.")
@click.option("--count", type=click.IntRange(1, 1000), default=24, show_default=True, help="How many of a pack.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True, help="Which ones of a pack.")
@click.option(
    "--sidecar",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A CSV or JSON file that says what the pictures show and whose they are.",
)
@click.option("--licence", help="Of the pictures that the sidecar gives none: an SPDX identifier, or words.")
@click.option("--author", help="Whom to credit for the pictures that the sidecar names nobody for.")
@click.option("--breed", help="Of the cats that neither sidecar nor folder name one for.")
@click.option("--pose", help="Likewise.  [default: posing]")
@click.option("--tag", "tags", multiple=True, help="For all pictures that the sidecar gives no tags. Repeatable.")
@click.option(
    "--restore", is_flag=True, help="Give pictures of an export, of your own or one that you trust, their ids back."
)
@click.option("--dry-run", is_flag=True, help="Do everything but store them.")
@click.option("--json", "as_json", is_flag=True, help="The summary as a JSON object, for programs.")
@catguard.tier_command("store")
async def import_command(
    context: catguard.TierContext,
    *,
    place: Path | None,
    pack: str | None,
    count: int,
    seed: int,
    sidecar: Path | None,
    licence: str | None,
    author: str | None,
    breed: str | None,
    pose: str | None,
    tags: tuple[str, ...],
    restore: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Take pictures into the store: those in a folder or ZIP, or the cats of a pack.

    It may run beside `catguard up`. What is stored already is told and left as it is; an import that was interrupted
    goes on where it was.
    """
    from catguard_store.imports.labels import Defaults
    from catguard_store.imports.report import Unusable

    if (place is None) == (pack is None):
        raise click.UsageError("give a folder or a ZIP to import from, or --pack")
    with contextlib.ExitStack() as stack:
        try:
            supply: Supply
            if place is None:
                from catguard_store.imports.revoy import Revoy

                supply = Revoy(count=count, seed=seed)
            else:
                from catguard_store.imports.supply import Files

                supply = stack.enter_context(
                    contextlib.closing(
                        Files(
                            place,
                            sidecar=sidecar,
                            defaults=Defaults(breed, pose, licence, author, tags),
                            restore=restore,
                        )
                    )
                )
        except Unusable as error:
            raise click.UsageError(str(error)) from error
        report = await _import(context, supply, dry_run=dry_run)
    _tell(report, dry_run=dry_run, as_json=as_json)
    return 1 if report.refused else 0


async def _import(context: catguard.TierContext, supply: "Supply", *, dry_run: bool) -> "Report":
    from catguard_store.admission import admission, admit_args, admit_result
    from catguard_store.imports.darkroom import Darkroom
    from catguard_store.imports.intake import Intake
    from catguard_store.menu import read_menu
    from catguard_store.tier import open_repository, reachable

    repository = await open_repository(context)
    async with Darkroom() as darkroom:
        admit = context.call("admit", args=admit_args, result=admit_result)(admission(darkroom.develop))
        intake = Intake(repository, admit, darkroom, dry_run=dry_run)
        broken = "the import broke off, and goes on where it was when it is run again: a picture cannot be stored"
        with context.progress("importing pictures", len(supply.names)) as bar, reachable(repository.engine, broken):
            report = await intake.take(supply, advance=bar.advance)
            warning = (await read_menu(repository.engine)).warning
    if warning is not None:
        click.echo(warning, err=True)
    return report


def _tell(report: "Report", *, dry_run: bool, as_json: bool) -> None:
    from catguard_store.imports.report import counted, listed

    if as_json:
        click.echo(json.dumps(report.as_json(), indent=2))
        return
    for line in listed(f"{entry.name}: {entry.note}" for entry in report.imported if entry.note):
        click.echo(line)
    for line in listed(f"{entry.name}: stored already as {entry.id} ({entry.as_})" for entry in report.duplicates):
        click.echo(line)
    for line in listed(map(str, sorted(report.renamed))):
        click.echo(line)
    if report.refused:
        click.echo("refused:")
    for line in listed((f"  {refusal}" for refusal in sorted(report.refused, key=str)), most=1000):
        click.echo(line)
    if any(refusal.assumption == NO_LICENCE for refusal in report.refused):
        click.echo("say the licence by --licence, or in the sidecar's column of that name")
    done = "would be imported" if dry_run else "imported"
    click.echo(
        f"{counted(len(report.imported), 'picture')} {done}, {counted(len(report.duplicates), 'duplicate')}, "
        f"{len(report.refused)} refused, {report.others()}"
    )
