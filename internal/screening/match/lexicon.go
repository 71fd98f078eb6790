package match

import "strings"

type lightRow struct {
	weight weight
	text   string
	words  string
}

func lights(rows []lightRow) map[string]lightWord {
	out := map[string]lightWord{}
	for _, r := range rows {
		for _, w := range strings.Fields(r.words) {
			out[w] = lightWord{text: r.text, weight: r.weight}
		}
	}
	return out
}

func sames(rows map[string]string) map[string]string {
	out := map[string]string{}
	for one, others := range rows {
		for _, w := range strings.Fields(others) {
			out[w] = one
		}
	}
	return out
}
