/* settings_table.h - how large the table may grow; for settings.c and settings_table.c alone. */
#pragma once

#define SETTINGS_MAX 64 /* rows, with the last empty one */
/* .words of a TEXT that must be a key (topic.h) */
#define SETTINGS_KEY "[A-Za-z0-9_-]{1,64}"
