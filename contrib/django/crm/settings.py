"""The smallest settings that run the example. A real CRM has its own; what belongs to gymchat is at the end."""
import os
import secrets
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

BASE_DIR = Path(__file__).resolve().parent.parent
DEBUG = True
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY") or secrets.token_urlsafe(50)
ROOT_URLCONF = "crm.urls"
INSTALLED_APPS = ["django.contrib.staticfiles", "crm"]
STATIC_URL = "/static/"
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "crm.policy.ContentPolicy",
]
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [BASE_DIR / "templates"]}]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "es"
TIME_ZONE = "Europe/Madrid"
USE_TZ = True
USE_L10N = True  # times as the language writes them

# gymchat: where it is, which of its gyms this CRM is, and the file with the key that signs tokens (a line "KID ALG VALUE").
GYMCHAT_URL = os.environ.get("GYMCHAT_URL", "http://127.0.0.1:8080")
GYMCHAT_TOKEN_KEYS_FILE = os.environ.get("GYMCHAT_TOKEN_KEYS_FILE", "")
GYM = os.environ.get("CRM_GYM", "demo")

# The archive is a second database, which the router keeps apart; this example has no tables of its own.
_archive = urlsplit(os.environ.get("CRM_ARCHIVE_URL", "postgresql://crm@/gymchat"))
DATABASES = {
    "default": {},
    "archive": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _archive.path.lstrip("/"),
        "USER": _archive.username or "",
        "PASSWORD": _archive.password or "",
        "HOST": parse_qs(_archive.query).get("host", [_archive.hostname or ""])[0],
        "PORT": _archive.port or "",
    },
}
DATABASE_ROUTERS = ["crm.routers.ArchiveRouter"]
