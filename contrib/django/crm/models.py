"""The archive as Django sees it: views that gymchat keeps (schema/0002_crm_views.sql). Read-only, hence unmanaged."""
from django.db import models


class ChatRoom(models.Model):
    client_id = models.TextField()  # the room's key: the member's number
    gym_id = models.TextField()
    created_at = models.DateTimeField()
    last_message_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "chat_chatroom"


class ChatMessage(models.Model):
    room = models.ForeignKey(ChatRoom, on_delete=models.DO_NOTHING, related_name="messages")
    sender_type = models.TextField()  # client, staff, kiosk, service
    sender_id = models.TextField()
    message = models.TextField()
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "chat_chatmessage"
