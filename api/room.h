/* room.h - one room as an answer, for those who have just made or changed it. */
#pragma once
#include "api/http.h"

/* Asks for the room and answers with it. gym and room: of the request's life. */
void room_answer(struct http_request *request, const char *gym, const char *room, int status);
