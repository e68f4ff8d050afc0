"""What the script adds to the pages, in a real browser: as many cats as fit, more of them, and those that come late."""

from __future__ import annotations

import pytest

from .browsing import DESK, MARKS, PHONE, Visitor, decoded

pytestmark = MARKS
#: Where each row of the wall ends, in pixels from its left edge, and how high its pictures are.
ROWS = """() => {
    const wall = document.querySelector(".litter"), rows = new Map()
    for (const card of wall.querySelectorAll(":scope > li")) {
        const box = card.getBoundingClientRect(), top = Math.round(box.top)
        const row = rows.get(top) || {right: 0, heights: [], last: false}
        row.right = Math.max(row.right, box.right - wall.getBoundingClientRect().left)
        row.heights.push(box.height)
        row.more = row.more || card.classList.contains("more") && box.width
        rows.set(top, row)
    }
    return {width: wall.clientWidth, rows: [...rows.values()]}
}"""


def test_rows_fill_every_width_and_have_one_height(visiting: Visitor) -> None:
    visit = visiting(java_script_enabled=False)
    visit.open("/?count=17&seed=5")
    for width in (320, 390, 768, 1280, 1920):
        visit.page.set_viewport_size({"width": width, "height": 900})
        wall = visit.page.evaluate(ROWS)
        assert len(wall["rows"]) > 1
        for row in wall["rows"]:
            assert abs(row["right"] - wall["width"]) < 2, "edge to edge, the last row too"
            assert max(row["heights"]) - min(row["heights"]) < 2


def test_place_of_a_missing_cat_is_as_high_as_its_row(visiting: Visitor) -> None:
    visit = visiting()
    visit.open("/?count=9&seed=5")
    visit.page.locator("#cat-2 a").evaluate(
        "place => place.innerHTML = `<span class='missing'><b>Late</b><span>${'It was late. '.repeat(20)}</span></span>`"
    )
    for width in (320, 390, 1280):
        visit.page.set_viewport_size({"width": width, "height": 900})
        for card in visit.page.evaluate(
            "[...document.querySelectorAll('.cat')].map(card => {"
            "const box = card.getBoundingClientRect(); return box.width / box.height })"
        ):
            assert min(abs(card - ratio) for ratio in (0.75, 1, 4 / 3, 1.5)) < 0.02


def test_wall_fills_the_screen_of_whoever_named_no_number(visiting: Visitor) -> None:
    visit = visiting(viewport={"width": 1920, "height": 1200})
    visit.open("/?seed=5")
    visit.page.locator("#cat-25").wait_for()
    wall = visit.page.evaluate(ROWS)
    assert visit.page.evaluate("document.querySelector('.litter').getBoundingClientRect().bottom") > 1200
    assert visit.page.get_by_role("heading", level=2).inner_text() == f"{visit.cats.count()} cats"
    assert visit.page.locator("#count").input_value() == str(visit.cats.count())
    assert wall["rows"][-1]["more"] < wall["width"] / 3, "the last row is full of cats but for the way to more"


def test_wall_shows_the_number_that_was_named(visiting: Visitor) -> None:
    visit = visiting(viewport={"width": 1920, "height": 1200})
    visit.open("/?seed=5&count=5")
    visit.page.wait_for_load_state("networkidle")
    assert visit.cats.count() == 5


@pytest.mark.parametrize("javascript", [False, True])
def test_more_cats_come_after_those_that_are_there(visiting: Visitor, javascript: bool) -> None:
    visit = visiting(java_script_enabled=javascript)
    visit.open("/?seed=5&count=5")
    before = visit.cats.evaluate_all("images => images.map(image => image.src)")
    visit.page.get_by_role("link", name="More cats").click()
    visit.page.wait_for_url("**count=**")
    visit.page.locator("#cat-17").wait_for()
    assert visit.cats.evaluate_all("images => images.map(image => image.src)")[:5] == before
    if javascript:
        assert visit.page.evaluate("document.activeElement.parentElement.id") == "cat-6"
        assert visit.page.get_by_role("status").first.inner_text() == f"{visit.cats.count() - 5} more cats are here."
    assert all(width > 0 for width, _ in decoded(visit.cats))


def test_wall_without_more_to_come_leads_to_others(visiting: Visitor) -> None:
    visit = visiting()
    visit.open("/?seed=5&count=24&size=large")
    assert visit.page.get_by_role("link", name="More cats").count() == 0
    assert visit.page.get_by_role("link", name="Other cats").is_visible()


def test_cats_that_were_late_come_after(visiting: Visitor) -> None:
    visit = visiting()
    late = []

    def without_a_cat(route) -> None:  # type: ignore[no-untyped-def]  # playwright's route
        answer = route.fetch()
        if late:
            route.fulfill(response=answer)
            return
        late.append(route)
        start = answer.text().index("<img", answer.text().index('id="cat-2"'))
        end = answer.text().index(">", start) + 1
        page = f"{answer.text()[:start]}<span class='missing'><b>Late</b></span>{answer.text()[end:]}"
        route.fulfill(
            response=answer, body=page.replace('class="litter small"', 'class="litter small" data-again="0.2"')
        )

    visit.page.route("**/?*", without_a_cat)
    visit.open("/?seed=5&count=4")
    assert visit.page.locator(".missing").count() == 1
    visit.page.locator("#cat-2 img").wait_for()
    assert visit.page.locator(".missing").count() == 0
    assert visit.page.get_by_role("status").first.inner_text() == "1 more cats are here."


def test_link_is_copied(visiting: Visitor) -> None:
    visit = visiting(permissions=["clipboard-read", "clipboard-write"])
    visit.open("/picture?breed=siamese&scene=beach&count=3&width=480&height=620&seed=7")
    visit.page.get_by_role("button", name="Copy the link to this page").click()
    visit.page.get_by_text("Copied.").wait_for()
    assert visit.page.evaluate("navigator.clipboard.readText()") == visit.page.url


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_sharp_screens_get_larger_pictures_of_the_same_cats(visiting: Visitor, viewport: dict[str, int]) -> None:
    visit = visiting(viewport=viewport, device_scale_factor=2)
    visit.open("/?seed=5&count=6")
    assert all(width > 0 for width, _ in decoded(visit.cats))
    chosen = visit.cats.evaluate_all("images => images.map(image => image.currentSrc)")
    assert all("/cats?" in address for address in chosen)


def test_larger_picture_that_does_not_come_leaves_the_smaller_one(visiting: Visitor) -> None:
    visit = visiting(device_scale_factor=2)
    visit.page.route("**/cats?*", lambda route: route.abort())
    visit.open("/?seed=5&count=3")
    visit.page.locator(".litter img:not([srcset])").nth(2).wait_for()
    assert all(width > 0 for width, _ in decoded(visit.cats))
    visit.wrong.clear()


def test_form_lets_nobody_ask_for_more_large_cats_than_there_may_be(visiting: Visitor) -> None:
    visit = visiting(viewport=DESK)
    visit.open("/?count=30&seed=5")
    count = visit.page.locator("#count")
    visit.page.get_by_role("radio", name="Large").check(force=True)

    assert (count.get_attribute("max"), count.input_value()) == ("24", "24")
    visit.page.get_by_role("radio", name="Small").check(force=True)
    assert count.get_attribute("max") == "60"
