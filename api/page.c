#include "api/page.h"

#include <stddef.h>

#include "api/query.h"

static int parse_place(const char *const *query, struct page *page, struct err *err)
{
	const char *before = query_value(query, "before"), *after = query_value(query, "after");
	page->is_after = after != NULL;
	if (before != NULL && after != NULL)
		return err_set(err, ERR_INPUT, "before and after exclude each other");
	if (after != NULL)
		return query_number("after", after, 0, QUERY_SEQ_MAX, 0, &page->seq, err);
	return query_number("before", before, 1, QUERY_SEQ_MAX, INT64_MAX, &page->seq, err);
}

int page_parse(const char *const *query, struct page *page_r, const char **code_r, struct err *err)
{
	*page_r = (struct page){0};
	*code_r = "cursor_invalid";
	if (parse_place(query, page_r, err) != 0)
		return -1;
	*code_r = "invalid";
	if (query_number("limit", query_value(query, "limit"), 1, PAGE_LIMIT_MAX,
		    PAGE_LIMIT_STANDARD, &page_r->limit, err) != 0 ||
		query_number("wait", query_value(query, "wait"), 0, PAGE_WAIT_MAX_SEC, 0,
			&page_r->wait_sec, err) != 0)
		return -1;
	if (page_r->wait_sec > 0 && !page_r->is_after)
		return err_set(err, ERR_INPUT, "wait needs after: from where on is there news?");
	return 0;
}
