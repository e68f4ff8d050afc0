"""The picture store of the cat service: a tier that keeps pictures and what is known of them in SQL."""

import catguard


@catguard.hookimpl
def catguard_tier() -> catguard.Tier:
    from catguard_store.tier import app, prepare  # the renderer and the database load only where the tier is served

    return catguard.Tier("store", app=app, prepare=prepare)
