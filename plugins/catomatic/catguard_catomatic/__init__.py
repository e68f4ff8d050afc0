"""Cat-o-matic: composes cat pictures from the cut-outs and scenes of the picture store."""

import catguard


@catguard.hookimpl
def catguard_tier() -> catguard.Tier:
    """The tier `catomatic`."""
    from catguard_catomatic.app import app  # Pillow loads when the tier is served, not when plugins are listed

    return catguard.Tier("catomatic", app=app)
