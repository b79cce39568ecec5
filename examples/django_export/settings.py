"""As few settings as Django starts with."""

SECRET_KEY = "only an example"
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "urls"
USE_TZ = True
