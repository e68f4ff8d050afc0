from pathlib import Path

import httpx2
import pytest

from catguard import ConfigurationError, Guard, TierContext
from catguard.engine.snapshots import Engine
from catguard.host import HostSettings, open_tier
from catguard.policies.compiler import CompiledPolicySet
from catguard_frontend import tier

from .reader import Page


async def test_openapi_describes_this_tier(frontend: httpx2.AsyncClient) -> None:
    described = (await frontend.get("/openapi.json")).json()

    assert {"/", "/api/cats", "/api/zoom", "/zoom", "/static/{name}", "/openapi.json"} <= described["paths"].keys()


async def test_hooks_bring_the_tier_and_its_refusal_page(policies: Path, tmp_path: Path) -> None:
    settings = HostSettings((policies,), tmp_path, {"catomatic": "http://127.0.0.1:9"}, environ={})
    async with (
        open_tier(settings, "frontend") as opened,
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app=opened.app), base_url="http://frontend") as visitor,
    ):
        response = await visitor.get("/nowhere", headers={"accept": "text/html"})

    assert response.status_code == 404
    assert "There are no cats at this address" in Page(response.text).text


@pytest.mark.parametrize("patience", ["soon", "0", "-1", "nan", "inf", ""])
def test_app_refuses_a_patience_that_is_no_time(compiled: CompiledPolicySet, tmp_path: Path, patience: str) -> None:
    guard = Guard(Engine(compiled), "frontend")
    addresses = {"catomatic": "http://127.0.0.1:9"}
    context = TierContext(guard, data=tmp_path, settings={"patience": patience}, addresses=addresses)

    with pytest.raises(ConfigurationError, match="CATGUARD_FRONTEND_PATIENCE"):
        tier.app(context)
