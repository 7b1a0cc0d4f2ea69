"""A way to Google on which no private connection comes about: said in words, never by the name of an exception."""

import ssl
from urllib.parse import urlsplit

import httplib2
import pytest
from google.auth.exceptions import TransportError

from automations.errors import FaultClass
from automations.providers.google.failures import explain


@pytest.fixture
def broken(emulator):
    """The error of speaking TLS to a server that speaks none, as behind a proxy or a hotel's sign-in page."""
    with pytest.raises(ssl.SSLError) as caught:
        httplib2.Http(timeout=10).request(f"https://127.0.0.1:{urlsplit(emulator.url).port}/")
    return caught.value


@pytest.mark.parametrize(
    ("changes", "wrapped", "fault"),
    [
        (False, False, FaultClass.TRANSIENT),
        (True, False, FaultClass.AMBIGUOUS),
        (True, True, FaultClass.TRANSIENT),  # of the sign-in's renewal, before the request itself
    ],
)
def test_it_is_said_what_happened_where_and_what_to_do(broken, changes, wrapped, fault):
    error = explain(TransportError(broken) if wrapped else broken, where="Gmail", changes=changes)

    assert (error.fault, error.where) == (fault, "Gmail")
    assert error.what == "no private connection to Google came about, or it broke"
    assert error.fix.startswith("look at the network")
    assert "magicloop doctor --online" in error.fix


def test_a_certificate_that_is_not_trusted_is_told_as_one_also_by_the_sign_in():
    told = ssl.SSLCertVerificationError(1, "certificate verify failed")

    error = explain(TransportError(told), where="Gmail", changes=True)

    assert error.fault is FaultClass.PERMANENT
    assert "its certificate is not trusted" in error.what
    assert "SSL" not in error.what + error.fix
