"""Facts by media type: which providers can be had here."""

from importlib.util import find_spec

#: Provider by the library that it stands on.
LIBRARIES = {"image": "PIL"}


def available() -> frozenset[str]:
    """Return the providers whose library is installed."""
    return frozenset(provider for provider, library in LIBRARIES.items() if find_spec(library) is not None)
