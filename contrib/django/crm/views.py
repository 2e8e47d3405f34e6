from datetime import datetime, timezone
from functools import wraps

from django.conf import settings
from django.db.models import Count
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from .models import ChatRoom
from .tokens import make_token


@require_POST
def login(request):
    """Stands for the CRM's own login: whoever says who they are is believed. Only for this example."""
    role = "staff" if request.POST["role"] == "staff" else "client"
    request.session["person"] = {"role": role, "id": request.POST["id"], "name": request.POST.get("name", "")}
    return redirect("desk" if role == "staff" else "portal")


def page_for(role):
    """A page for members, or for staff; everybody else gets the login."""

    def decorate(view):
        @wraps(view)
        def wrapped(request, *args, **kwargs):
            request.person = request.session.get("person")
            if request.person is None or request.person["role"] != role:
                return render(request, "login.html")
            return view(request, *args, **kwargs)

        return require_GET(wrapped)

    return decorate


# Exempt from the CSRF check on purpose: it changes nothing, and another site cannot read the answer.
@csrf_exempt
@require_POST
def token(request):
    """Who one is comes from the session alone, never from the request."""
    person = request.session.get("person")
    if person is None:
        return JsonResponse({"detail": "log in first"}, status=401)
    signed, expires = make_token(person["role"], person["id"], person["name"] or person["id"])
    expires_at = datetime.fromtimestamp(expires, timezone.utc).isoformat().replace("+00:00", "Z")
    return JsonResponse({"token": signed, "expires_at": expires_at}, headers={"Cache-Control": "no-store"})


@page_for("client")
def portal(request):
    return render(request, "portal.html", {"gymchat": settings.GYMCHAT_URL, "person": request.person})


@page_for("staff")
def desk(request):
    return render(request, "desk.html", {"gymchat": settings.GYMCHAT_URL})


@page_for("staff")
def rooms(request):
    found = ChatRoom.objects.filter(gym_id=settings.GYM).annotate(count=Count("messages")).order_by("-last_message_at")
    return render(request, "rooms.html", {"rooms": found[:50]})


@page_for("staff")
def conversation(request, client_id):
    room = get_object_or_404(ChatRoom, gym_id=settings.GYM, client_id=client_id)
    return render(request, "conversation.html", {"room": room, "messages": room.messages.order_by("id")[:500]})
