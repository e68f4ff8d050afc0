import httpx2


async def test_openapi_describes_this_tier(frontend: httpx2.AsyncClient) -> None:
    described = (await frontend.get("/openapi.json")).json()

    assert {"/", "/api/cats", "/api/zoom", "/zoom", "/static/{name}", "/openapi.json"} <= described["paths"].keys()
