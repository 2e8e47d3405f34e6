/* http_reply.h - how an answer gets onto the wire: between http.c and http_reply.c only. */
#pragma once
#include "api/http.h"

void http_reply_init(unsigned answer_sec);
void http_reply_deinit(void);
/* Writes the answer that the request holds, now. */
void http_send(struct http_request *request);
/* Releases an answer that was not written to its end. */
void http_answer_drop(struct http_request *request);
/* Reads of the connection again, since the answer is there. */
void http_unwatch(struct http_request *request);
