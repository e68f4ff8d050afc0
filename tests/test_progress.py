import io

from rich.console import Console

from catguard.progress import progress


def test_progress_without_a_terminal_is_a_line_for_every_tenth() -> None:
    shown = io.StringIO()
    with progress("seeding", 30, console=Console(file=shown)) as bar:
        for _ in range(30):
            bar.advance()
    lines = shown.getvalue().splitlines()
    assert len(lines) == 10
    assert lines[0] == "seeding: 10 % (3 of 30)"
    assert lines[-1] == "seeding: 100 % (30 of 30)"


def test_progress_in_large_steps_tells_only_where_it_is() -> None:
    shown = io.StringIO()
    with progress("seeding", 4, console=Console(file=shown)) as bar:
        bar.advance(4)
    assert shown.getvalue() == "seeding: 100 % (4 of 4)\n"


def test_progress_of_nothing_does_not_divide_by_it() -> None:
    with progress("seeding", 0, console=Console(file=io.StringIO())) as bar:
        bar.advance(0)


def test_progress_on_a_terminal_is_a_bar() -> None:
    shown = io.StringIO()
    with progress("seeding", 2, console=Console(file=shown, force_terminal=True, width=80)) as bar:
        bar.advance()
        bar.advance()
    assert "2/2" in shown.getvalue()
    assert "━" in shown.getvalue()
