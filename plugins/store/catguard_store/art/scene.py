"""The scenes by name, and how one of their layers becomes a drawing."""

from collections.abc import Mapping
from random import Random

from catguard_store.art import gardens, library, roof, rooms, seaside, winter
from catguard_store.art.cat import Sketch
from catguard_store.art.scenery import HEIGHT, WIDTH, Scene
from catguard_store.art.svg import Document

SCENES: Mapping[str, Scene] = {
    scene.name: scene
    for scene in (
        gardens.ROSE_GARDEN,
        gardens.MEADOW,
        rooms.LIVING_ROOM,
        rooms.WINDOWSILL,
        seaside.BEACH,
        winter.SNOW,
        library.BOOKSHELF,
        roof.NIGHT_ROOF,
    )
}


def draw(scene: Scene, layer: str) -> Sketch:
    """Paint one layer; all layers of a scene have the same canvas and anchors."""
    document = Document(WIDTH, HEIGHT)
    scene.layers[layer](document, Random(f"{scene.name}/{layer}"))
    anchors = {
        "ground-left": (0.05 * WIDTH, scene.far * HEIGHT),
        "ground-right": (0.95 * WIDTH, scene.far * HEIGHT),
        "ground-near": (0.5 * WIDTH, scene.near * HEIGHT),
    }
    for index, (left, right) in enumerate(scene.things):
        anchors[f"thing-{index}-left"] = (left * WIDTH, scene.far * HEIGHT)
        anchors[f"thing-{index}-right"] = (right * WIDTH, scene.far * HEIGHT)
    return Sketch(document.text(), WIDTH, HEIGHT, anchors)
