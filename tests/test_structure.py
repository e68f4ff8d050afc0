"""The shape of the code: imports point one way, foreign libraries enter by one door, modules stay readable."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import catguard

ROOT = Path(__file__).parent.parent
CORE = ROOT / "catguard"
MAX_LINES = 350

#: Left to right: a layer may import itself and what stands left of it.
LAYERS = (
    ("errors", "failures"),
    ("policies",),
    ("engine",),
    ("telemetry", "facts"),
    ("enforcement", "analysis"),
    ("reloading", "proposing", "guard"),
    ("hookspecs", "plugins", "context", "progress"),
    ("supervisor",),
    ("host",),
    ("cli", "__main__"),
)
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}
#: The one module or package of the core through which each library enters; what else is named needs its types only.
DOORS = {
    "PIL": (),
    "aiosqlite": (),
    "cel_expr_python": ("policies/expressions.py",),
    "click": ("cli", "hookspecs.py", "plugins.py"),
    "google": ("policies", "supervisor/tracefile.py"),
    "httpx2": ("enforcement", "guard.py", "context.py"),
    "jinja2": (),
    "jsonschema": ("policies/diagnostics.py",),
    "jsonschema_rs": ("policies/parts.py",),
    "opentelemetry": ("telemetry", "supervisor"),
    "orjson": ("engine/codec.py",),
    "pluggy": ("hookspecs.py", "plugins.py"),
    "psycopg": (),
    "rich": ("cli", "progress.py"),
    "httptools": ("supervisor",),
    "ruamel": ("policies/nodes.py",),
    "sqlalchemy": ("enforcement", "guard.py", "context.py"),
    "starlette": ("context.py", "hookspecs.py", "host.py"),
    "uvicorn": ("supervisor",),
    "uvloop": ("supervisor",),
    "yaml": ("policies/nodes.py",),
}


def modules() -> list[Path]:
    return sorted(CORE.rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Yield every module that a file imports, wherever in it the import stands."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            if node.module != "catguard":
                yield node.module or ""
            else:
                yield from (f"catguard.{alias.name}" for alias in node.names)


def layer_of(path: Path) -> str:
    relative = path.relative_to(CORE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_left(path: Path) -> None:
    own = layer_of(path)
    if own == "__init__":
        return
    for name in imports(path):
        other = name.split(".")[1] if name.startswith("catguard.") else ""
        if other:
            assert other == own or RANK[other] < RANK[own] or (RANK[other] == RANK[own] and own not in ("analysis",)), (
                f"{path.relative_to(ROOT)} imports {name}, which stands to its right"
            )


def test_analysis_reads_policies_and_engine_only() -> None:
    for path in (CORE / "analysis").rglob("*.py"):
        for name in imports(path):
            if name.startswith("catguard."):
                assert name.split(".")[1] in ("errors", "policies", "engine", "analysis"), f"{path} imports {name}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_foreign_libraries_enter_by_one_door(path: Path) -> None:
    relative = str(path.relative_to(CORE))
    for name in imports(path):
        library = name.partition(".")[0]
        if library in DOORS:
            doors = DOORS[library]
            assert any(relative == door or relative.startswith(f"{door}/") for door in doors), (
                f"{relative} imports {library}, whose door is {doors}"
            )


def test_core_never_names_a_tier() -> None:
    for path in modules():
        for name in imports(path):
            assert not name.startswith("catguard_"), f"{path} imports the tier {name}"


@pytest.mark.parametrize("tier", ["frontend", "catomatic", "store"])
def test_tiers_import_only_the_public_door(tier: str) -> None:
    for path in (ROOT / "plugins" / tier).rglob("*.py"):
        for name in imports(path):
            if name.startswith("catguard."):
                assert name.removeprefix("catguard.") in catguard.__all__, f"{path.relative_to(ROOT)} imports {name}"


def test_modules_are_readable() -> None:
    for path in [*modules(), *(ROOT / "plugins").rglob("*.py")]:
        text = path.read_text()
        assert len(text.splitlines()) <= MAX_LINES, f"{path.relative_to(ROOT)} is too long: its idea has split"
        if text.strip() and path.name != "__init__.py":
            assert ast.get_docstring(ast.parse(text)), f"{path.relative_to(ROOT)} does not say what it answers for"


def test_public_names_are_complete_and_sorted() -> None:
    assert catguard.__all__ == sorted(catguard.__all__)
    for name in catguard.__all__:
        assert getattr(catguard, name) is not None


def test_core_imports_without_pillow_sqlalchemy_or_a_server() -> None:
    """The core alone must import where the extras are not installed."""
    blocked = ["PIL", "sqlalchemy", "uvicorn", "httpx2", "starlette", "click", "rich", "opentelemetry.sdk", "numpy"]
    code = (
        "import sys\n"
        f"for name in {blocked!r}: sys.modules[name] = None\n"
        "import catguard\n"
        "guard = catguard.Guard.from_file('tests/toy.yaml', component='shop')\n"
        "guard.asgi(lambda scope, receive, send: None)\n"
        "gif = b'GIF89a' + bytes([2, 0, 3, 0, 0, 0, 0, 44]) + bytes([0, 0, 0, 0, 2, 0, 3, 0, 0, 2, 0, 59])\n"
        "assert catguard.image_facts(gif, 'image/gif')['height'] == 3\n"
        "catguard.Guard.from_file('policies.yaml', component='catomatic')\n"
        "try: guard.client('x', base_url='http://127.0.0.1')\n"
        "except catguard.ConfigurationError as error: print(error)\n"
        "try: catguard.TierContext\n"
        "except catguard.ConfigurationError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "pip install 'catguard[client]'" in done.stdout
    assert "pip install 'catguard[host]'" in done.stdout
