import json
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from catguard import host
from catguard.errors import ConfigurationError, PluginError, PolicyError
from catguard.host import HostSettings
from tests.distributions import Distributions, only_own_distributions
from tests.loading import load_text

POLICY = """
catguard: 1
system: cats
owners: {all: {team: All, contact: "#all"}}
components:
  page: {owner: all, about: Shows., health: {needs: [shop]}, inbound: {}}
  shop:
    owner: all
    about: Sells.
    health: {needs: [barn]}
    inbound:
      toys:
        http: GET /toys
        about: Toys.
        from: public
        request: {query: {properties: {kind: {enum: [ball], description: known}}}}
        response: {200: {media: [application/json], body: {type: string}}}
  barn: {owner: all, about: Keeps., health: {}, inbound: {}}
"""
PLUGIN = """
import catguard
from starlette.responses import JSONResponse


async def toys(request):
    return JSONResponse("ball")


def app(context):
    async def gone():
        (context.data / "closed").touch()

    context.on_close(gone)
    return context.app({"toys": toys})


async def fill(context):
    (context.data / "filled").touch()


async def prepare(context):
    with context.progress("making", 1) as progress:
        progress.advance()
    (context.data / "prepared").write_text(repr(sorted(context.settings.items())))


@catguard.hookimpl
def catguard_tier():
    return catguard.Tier("shop", app=app, prepare=prepare, fill=fill)


@catguard.hookimpl
def catguard_refusal_page(component):
    return (lambda page: f"<h1>{page.status} at {page.path}</h1>") if component == "shop" else None
"""
OTHER = 'import catguard\n\n@catguard.hookimpl\ndef catguard_tier():\n    return catguard.Tier("{name}", app=lambda c: c.app({{}}))'


@pytest.fixture
def distributions(tmp_path: Path) -> Iterator[Distributions]:
    folder = tmp_path / "installed"
    folder.mkdir()
    with only_own_distributions(folder) as installed:
        installed.install("cat-shop", PLUGIN)
        yield installed


@pytest.fixture
def settings(tmp_path: Path, distributions: Distributions) -> HostSettings:
    policy = tmp_path / "policies.yaml"
    policy.write_text(POLICY)
    return HostSettings(
        policies=(policy,),
        data=tmp_path / "var",
        addresses={"barn": "http://127.0.0.1:9", "shop": "http://127.0.0.1:9"},
        environ={"CATGUARD_SHOP_DATABASE": "sqlite://", "CATGUARD_SHOPS_X": "1", "HOME": "/"},
    )


def replace(settings: HostSettings, **changes: object) -> HostSettings:
    import dataclasses

    return dataclasses.replace(settings, **changes)  # type: ignore[arg-type] # named by each test


def asking(app: object) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app)  # type: ignore[arg-type] # an ASGI app
    return httpx2.AsyncClient(transport=transport, base_url="http://shop")


async def test_open_tier_serves_what_the_policy_declares(settings: HostSettings) -> None:
    async with host.open_tier(settings, "shop") as tier, asking(tier.app) as client:
        assert (await client.get("/toys?kind=ball")).json() == "ball"
        assert (await client.get("/toys?kind=mouse")).status_code == 400
        assert (await client.get("/nosuch")).status_code == 404
        assert (await client.get("/healthz")).status_code == 200


async def test_open_tier_renders_refusals_by_the_plugins_page(settings: HostSettings) -> None:
    async with host.open_tier(settings, "shop") as tier, asking(tier.app) as client:
        page = await client.get("/toys?kind=mouse", headers={"accept": "text/html"})
    assert (page.status_code, page.text) == (400, "<h1>400 at /toys?kind=mouse</h1>")


async def test_open_tier_closes_the_context(settings: HostSettings) -> None:
    async with host.open_tier(settings, "shop"):
        assert not (settings.data / "shop" / "closed").exists()
    assert (settings.data / "shop" / "closed").exists()


async def test_open_tier_obeys_action_overrides(settings: HostSettings) -> None:
    softened = replace(settings, actions=(("shop.inbound.toys", "audit"),))
    async with host.open_tier(softened, "shop") as tier, asking(tier.app) as client:
        assert (await client.get("/toys?kind=mouse")).status_code == 200


async def test_open_tier_overlays_policy_files(settings: HostSettings, tmp_path: Path) -> None:
    overlay = tmp_path / "ours.yaml"
    kind = "{properties: {kind: {enum: [ball, mouse], description: ours}}}"
    overlay.write_text(f"components: {{shop: {{inbound: {{toys: {{request: {{query: {kind}}}}}}}}}}}\n")
    both = replace(settings, policies=(*settings.policies, overlay))
    async with host.open_tier(both, "shop") as tier, asking(tier.app) as client:
        assert (await client.get("/toys?kind=mouse")).status_code == 200


async def test_open_tier_writes_the_trace_by_the_end(settings: HostSettings, tmp_path: Path) -> None:
    trace = tmp_path / "trace.jsonl"
    traced = replace(settings, trace=str(trace))
    async with host.open_tier(traced, "shop") as tier, asking(tier.app) as client:
        await client.get("/toys")
    lines = [json.loads(line) for line in trace.read_text().splitlines()]
    assert "shop.inbound.toys" in json.dumps(lines)


async def test_open_tier_guard_reloads_its_files(settings: HostSettings) -> None:
    async with host.open_tier(settings, "shop") as tier, asking(tier.app) as client:
        settings.policies[0].write_text(POLICY.replace("[ball]", "[mouse]"))
        tier.guard.reload()
        assert (await client.get("/toys?kind=ball")).status_code == 400


async def test_open_tier_of_a_component_that_nobody_serves_is_an_error(settings: HostSettings) -> None:
    with pytest.raises(ConfigurationError, match=r"serves the tier shp \(did you mean .*shop"):
        async with host.open_tier(settings, "shp"):
            pass


async def test_open_tier_that_the_policy_does_not_declare_is_an_error(
    settings: HostSettings, distributions: Distributions
) -> None:
    distributions.install("cat-moon", OTHER.format(name="moon"))
    with pytest.raises(ConfigurationError, match="declare no component 'moon'"):
        async with host.open_tier(settings, "moon"):
            pass


async def test_open_tier_with_a_bad_policy_tells_its_faults(settings: HostSettings) -> None:
    settings.policies[0].write_text(POLICY.replace("health: {needs: [shop]}", "health: {neds: [shop]}"))
    with pytest.raises(PolicyError, match="neds"):
        async with host.open_tier(settings, "shop"):
            pass


async def test_open_tier_closes_what_was_opened_when_the_app_cannot_be_made(
    settings: HostSettings, distributions: Distributions
) -> None:
    settings.policies[0].write_text(
        POLICY.replace("      toys:\n        http: GET /toys", "      tys:\n        http: GET /toys")
    )
    with pytest.raises(ConfigurationError, match="policy and handlers differ"):
        async with host.open_tier(settings, "shop"):
            pass
    assert (settings.data / "shop" / "closed").exists()


async def test_prepare_runs_with_the_tiers_own_settings_and_folder(
    settings: HostSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    await host.prepare(settings, "shop")
    assert (settings.data / "shop" / "prepared").read_text() == "[('database', 'sqlite://')]"
    assert capsys.readouterr().err == "shop: making: 100 % (1 of 1)\n"


async def test_fill_runs_what_the_tier_does_beside_its_workers(settings: HostSettings) -> None:
    await host.fill(settings, "shop")
    assert [path.name for path in (settings.data / "shop").iterdir()] == ["filled"]


async def test_tier_without_preparation_and_filling_does_nothing(
    settings: HostSettings, distributions: Distributions
) -> None:
    distributions.install("cat-barn", OTHER.format(name="barn"))
    await host.prepare(settings, "barn")
    await host.fill(settings, "barn")


async def test_blocked_tier_is_not_installed_and_others_start(
    settings: HostSettings, distributions: Distributions
) -> None:
    distributions.install("cat-barn", "raise RuntimeError('imported')", entry="barn")
    with pytest.raises(PluginError, match="cat-barn"):
        async with host.open_tier(settings, "shop"):
            pass
    async with host.open_tier(replace(settings, block=("barn",)), "shop") as tier:
        assert tier.guard.component == "shop"


def test_installed_tiers_start_callees_first(distributions: Distributions) -> None:
    for name in ("page", "barn", "moon"):
        distributions.install(f"cat-{name}", OTHER.format(name=name))
    policies = load_text(POLICY)
    assert [tier.name for tier in host.installed_tiers(policies)] == ["barn", "shop", "page"]
    assert [tier.name for tier in host.installed_tiers(policies, block=["barn"])] == ["shop", "page"]


def test_start_order_of_a_ring_is_that_of_the_policy() -> None:
    ring = POLICY.replace("Keeps., health: {}", "Keeps., health: {needs: [page]}")
    assert host.start_order(load_text(ring), ["barn", "page", "shop"]) == ("page", "shop", "barn")


def test_settings_of_a_tier_are_its_own_variables() -> None:
    environ = {"CATGUARD_CAT_SHOP_A_B": "1", "CATGUARD_CAT_B": "2", "CATGUARD_CAT_SHOP": "3"}
    assert host.tier_settings("cat-shop", environ) == {"a_b": "1"}
