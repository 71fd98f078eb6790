package console

import (
	"net/http"
	"strings"
	"unicode/utf8"
)

// mostSuggestions is how many options the search box offers.
const mostSuggestions = 8

// suggest is the options of the search box for what has been typed so far, as
// the HTML that its script puts in place.
func (c *Console) suggest(w http.ResponseWriter, r *http.Request) error {
	m, err := c.moment(r)
	if err != nil {
		return err
	}
	query := strings.TrimSpace(r.URL.Query().Get("q"))
	if utf8.RuneCountInString(query) < 2 {
		return c.fragment(w, r, m, "suggest", "main", nil)
	}
	found, err := c.questions.Search(r.Context(), m.ask(r), query, mostSuggestions)
	if err != nil {
		return err
	}
	return c.fragment(w, r, m, "suggest", "main", found)
}
