"""Credentials that are good at the emulator."""

from google.oauth2.credentials import Credentials


def credentials_for(emulator, *, token="first-token", refresh_token="refresh-me", expiry=None):
    """Return the person's credentials, whose refresh goes to the emulator."""
    return Credentials(
        token=token,
        refresh_token=refresh_token,
        token_uri=emulator.token_uri,
        client_id="client.test",
        client_secret="not-a-secret",
        expiry=expiry,
    )
