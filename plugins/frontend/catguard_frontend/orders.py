"""An order as a sentence says it, and the sentence that says an order."""

from __future__ import annotations

from dataclasses import dataclass, replace

from catguard_frontend.limits import fit
from catguard_frontend.menu import NUMBERS, Menu
from catguard_frontend.words import cats, located

EXAMPLE = "three siamese cats in a rose garden at 480x620px"
#: Pixels of a side where only the number of cats is to be fitted: nothing stands against this size.
_EASY = 480


@dataclass(frozen=True, slots=True)
class Order:
    """What a sentence asks for; what it leaves open is None. Lengths are pixels."""

    count: int
    breed: str | None = None
    scene: str | None = None
    width: int | None = None
    height: int | None = None
    format: str | None = None

    def sentence(self) -> str:
        """Return the sentence in the grammar's plainest words; reading it gives this order again."""
        words = [NUMBERS[self.count - 1] if 1 <= self.count <= len(NUMBERS) else str(self.count)]
        if self.breed is None:
            words.append("cat" if self.count == 1 else "cats")
        else:
            kind = cats(self.breed, self.count)
            # With its hyphens, "ragdoll-cat" is not taken for the cat of a breed "ragdoll".
            words.append(kind.replace(" ", "-") if self.breed.endswith(("-cat", "-cats")) else kind)
        if self.scene is not None:
            words.append(located(self.scene))
        if self.width is not None and self.height is not None:
            words.append(f"at {self.width}x{self.height}px")
        if self.format is not None:
            words.append(f"as {self.format}")
        return " ".join(words)

    def fitted(self) -> Order:
        """Return the nearest order that is not refused for its size or its number of cats."""
        if self.width is None or self.height is None:
            return replace(self, count=fit(self.count, _EASY, _EASY)[0])
        count, width, height = fit(self.count, self.width, self.height)
        return replace(self, count=count, width=width, height=height)


def examples(menu: Menu) -> tuple[str, ...]:
    """Return sentences of several kinds about what is on the menu; none where that is nothing."""
    breeds, scenes = tuple(menu.breeds), tuple(menu.scenes)
    if not breeds or not scenes:
        return ()
    orders = (
        Order(3, breeds[0], scenes[0], 480, 620),
        Order(1, breeds[-3 % len(breeds)], scenes[5 % len(scenes)]),
        Order(12, breeds[4 % len(breeds)], scenes[-1]),
    )
    return tuple(order.sentence() for order in orders)
