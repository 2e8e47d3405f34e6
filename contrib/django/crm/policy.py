from django.conf import settings


class ContentPolicy:
    """The strict Content-Security-Policy that a page with the elements can have: no inline script or style is needed."""

    def __init__(self, get_response):
        self.get_response = get_response
        chat = settings.GYMCHAT_URL
        self.value = (
            f"default-src 'none'; script-src {chat}; style-src 'self'; img-src 'self' data:; font-src 'self'; "
            f"connect-src 'self' {chat} {chat.replace('http', 'ws', 1)}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
            "require-trusted-types-for 'script'; trusted-types lit-html gymchat"
        )

    def __call__(self, request):
        answer = self.get_response(request)
        answer["Content-Security-Policy"] = self.value
        return answer
