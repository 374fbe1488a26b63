"""Which engine computes SM2: the system's library if it passes the self-test, else one that can only verify."""

from collections.abc import Callable, Iterable
from typing import Final

from certs.keys import sm2_libcrypto, sm2_self_test
from certs.keys.errors import SmUnavailableError
from certs.keys.sm2_self_test import Engine


def _verifier() -> Engine:
    from certs.keys.sm2_ecdsa import EcdsaEngine  # noqa: PLC0415 - seldom needed, and every start would wait for it

    return EcdsaEngine()


ENGINES: Final[tuple[Callable[[], Engine], ...]] = (sm2_libcrypto.find, _verifier)


def choose(engines: Iterable[Callable[[], Engine]] = ENGINES) -> Engine:
    """The first engine that is there and passes the self-test."""
    for make in engines:
        try:
            engine = make()
            sm2_self_test.run(engine)
        except SmUnavailableError:
            continue
        return engine
    raise SmUnavailableError("no engine for SM2 passes the self-test")
