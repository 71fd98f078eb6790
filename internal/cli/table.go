package cli

import (
	"strconv"
	"strings"
	"unicode"
)

// counted is a number of things.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}

// table prints rows in columns, the first row as their titles. Columns of
// numbers are set to the right.
func (p *printer) table(rows [][]string) {
	if len(rows) == 0 {
		return
	}
	widths := make([]int, len(rows[0]))
	numeric := make([]bool, len(rows[0]))
	for c := range widths {
		numeric[c] = len(rows) > 1
		for i, row := range rows {
			row[c] = oneLine(row[c])
			widths[c] = max(widths[c], columnsOf(row[c]))
			if i > 0 && strings.ContainsFunc(row[c], func(r rune) bool { return !unicode.IsDigit(r) }) {
				numeric[c] = false
			}
		}
	}
	for i, row := range rows {
		var line strings.Builder
		for c, cell := range row {
			if c > 0 {
				line.WriteString("  ")
			}
			if numeric[c] {
				line.WriteString(strings.Repeat(" ", widths[c]-columnsOf(cell)) + cell)
			} else {
				line.WriteString(pad(cell, widths[c]))
			}
		}
		text := strings.TrimRight(line.String(), " ")
		if i == 0 {
			text = p.style(faint, text)
		}
		p.line("%s", text)
	}
}
