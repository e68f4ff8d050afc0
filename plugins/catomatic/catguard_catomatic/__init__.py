"""Cat-o-matic: composes cat pictures from the cut-outs and scenes of the picture store."""

import catguard
from catguard_catomatic.app import app


@catguard.hookimpl
def catguard_tier() -> catguard.Tier:
    """The tier `catomatic`."""
    return catguard.Tier("catomatic", app=app)
