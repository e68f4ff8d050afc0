"""The commands that the store adds to the command line: `catguard cats ...`."""

import sys
from pathlib import Path

import click

from catguard_store.import_command import import_command
from catguard_store.inventory_commands import export, list_command, remove, show

SUFFIXES = (".webp", ".png", ".jpg", ".jpeg")
QUALITY = 76  # of WebP and JPEG: the whole sheet stays below 400 kB


@click.group(
    commands=[import_command, list_command, show, remove, export],
    epilog="""\b
Examples:
  catguard cats sheet
  catguard cats import photos/ --licence CC-BY-4.0 --author "Ann Author"
  catguard cats list --breed ragdoll
  catguard cats export backup/
""",
)
def cats() -> None:
    """Look at the cats of the picture store, and put your own into it."""


@cats.command(
    epilog="""\b
Examples:
  catguard cats sheet --out docs/cats.webp
  catguard cats sheet --no-labels --out guess.png
  catguard cats sheet --seed 7
"""
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    default=Path("cats.webp"),
    show_default=True,
    help="Where to; the suffix says the format: .webp, .png or .jpg.",
)
@click.option("--labels/--no-labels", default=True, show_default=True, help="Write the names beside the pictures.")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Of the small differences among cats of one breed; 0 shows those that the store draws.",
)
def sheet(out: Path, labels: bool, seed: int) -> None:
    """Draw every breed in every pose, and every scene, on one picture."""
    from catguard_store.sheet import Sheet  # the renderer loads only when something is drawn

    if out.suffix.lower() not in SUFFIXES:
        raise click.BadParameter(f"{out.name} ends in none of {', '.join(SUFFIXES)}", param_hint="--out")
    wanted = Sheet(labels=labels, seed=seed)
    with click.progressbar(length=len(wanted), label="drawing the sheet", file=sys.stderr) as drawn:
        picture = wanted.draw(lambda: drawn.update(1))
    try:
        picture.save(out, quality=QUALITY, method=6)
    except OSError as error:
        raise click.ClickException(f"cannot write {out}: {error.strerror or error}") from error
    click.echo(f"{out}: {picture.width}x{picture.height} px, {out.stat().st_size // 1024} KiB")
