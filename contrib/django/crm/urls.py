from django.urls import path

from . import views

urlpatterns = [
    path("", views.portal, name="portal"),
    path("login", views.login, name="login"),
    path("chat/token", views.token, name="chat-token"),
    path("staff", views.desk, name="desk"),
    path("staff/rooms", views.rooms, name="rooms"),
    path("staff/rooms/<slug:client_id>", views.conversation, name="conversation"),
]
