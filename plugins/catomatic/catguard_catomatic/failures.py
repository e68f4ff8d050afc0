"""What keeps Cat-o-matic from drawing although the order was a good one: as data, with the status that says it."""

from collections.abc import Awaitable
from http import HTTPStatus

import httpx2

#: Seconds after which it is worth asking again: a worker that died serves anew within these.
RETRY_AFTER = 2


class Failure(Exception):
    """Nobody's fault who asked; the message is for them."""

    status = HTTPStatus.BAD_GATEWAY


class StoreBroken(Failure):
    """The store broke off, failed, or sent what is no picture."""


class StoreAway(Failure):
    """No store answers."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


class StoreSlow(Failure):
    """The store took longer than a call may."""

    status = HTTPStatus.GATEWAY_TIMEOUT


class CallerGone(Failure):
    """Nobody is left to be answered, so that nothing is drawn."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


async def answered(call: Awaitable[httpx2.Response]) -> httpx2.Response:
    """Return the store's answer, which is a 200 or a 404.

    Raises:
        Failure: There is none, or it is another; its class says which.
        catguard.CallRefused: A guard refused the call, or the answer.
    """
    try:
        response = await call
    except httpx2.ConnectError as error:
        raise StoreAway("The picture store does not answer; it may be restarting. Try again in a moment.") from error
    except httpx2.TimeoutException as error:
        raise StoreSlow("The picture store did not answer in time. Try again in a moment.") from error
    except httpx2.HTTPError as error:
        raise StoreBroken("The picture store broke off in the middle of its answer. Try again in a moment.") from error
    if response.status_code not in (httpx2.codes.OK, httpx2.codes.NOT_FOUND):
        raise StoreBroken(f"The picture store answered {response.status_code}. Try again in a moment.")
    return response
