"""The token that the chat and the broker accept: a JWT signed with the gym's key (docs/security.md "Tokens")."""
import base64
import time
from pathlib import Path

import jwt
from django.conf import settings

TTL_SECONDS = 600


def signing_key():
    """The first HS256 line of the key file: its id and its bytes."""
    for line in Path(settings.GYMCHAT_TOKEN_KEYS_FILE).read_text().splitlines():
        words = line.split("#")[0].split()
        if len(words) == 3 and words[1] == "HS256":
            return words[0], base64.urlsafe_b64decode(words[2] + "=" * (-len(words[2]) % 4))
    raise RuntimeError(f"no HS256 key in {settings.GYMCHAT_TOKEN_KEYS_FILE}")


def make_token(role, sub, name):
    """A token for one person of this gym, and when it ends (seconds since 1970)."""
    kid, key = signing_key()
    now = int(time.time())
    claims = {"aud": "gymchat", "gym": settings.GYM, "role": role, "sub": sub, "name": name, "iat": now, "exp": now + TTL_SECONDS}
    return jwt.encode(claims, key, algorithm="HS256", headers={"kid": kid}), now + TTL_SECONDS
