package console

import "strconv"

// paged is which rows of a list a page shows, pages counted from 0, and the
// way to the others. link makes the address of a page; "" is the first.
func paged(total, page int, link func(page string) string) (from, to int, p pager) {
	from = min(max(page, 0)*perPage, total)
	to = min(from+perPage, total)
	p = pager{From: min(from+1, total), To: to, Total: total}
	if page == 1 {
		p.Before = link("")
	} else if page > 1 {
		p.Before = link(strconv.Itoa(page - 1))
	}
	if to < total {
		p.After = link(strconv.Itoa(page + 1))
	}
	return from, to, p
}
