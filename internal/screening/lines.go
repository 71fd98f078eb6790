package screening

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"strings"
)

// lines cuts a table into records, one at a time, so that one that is broken
// does not take others with it: a quote within a cell is a letter, and a cell
// that begins with a quote which no later line closes breaks its own line only.
type lines struct {
	in    *bufio.Reader
	limit *rowLimit
	comma rune
	back  []string // lines to be read again
	line  int      // number of the line read last
}

// maxCellLines is how many lines a quoted cell may run over.
const maxCellLines = 20

// errOpenQuote says that a cell's quote is never closed.
var errOpenQuote = errors.New("a quote is opened and not closed")

// next is the cells of the next record and the number of its line. Blank lines
// are passed over.
func (l *lines) next() (record []string, line int, err error) {
	text := ""
	for text == "" {
		if text, err = l.read(); err != nil {
			return nil, l.line, err
		}
	}
	line = l.line
	var more []string
	for {
		open, stray := l.open(text)
		if !open && !stray {
			break
		}
		next, err := "", errOpenQuote
		if len(more) < maxCellLines && !stray {
			next, err = l.read()
		}
		if errors.Is(err, io.EOF) || errors.Is(err, errOpenQuote) {
			l.back, l.line = append(more, l.back...), line
			return nil, line, errOpenQuote
		}
		if err != nil {
			return nil, line, err
		}
		more, text = append(more, next), text+"\n"+next
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = l.comma, true, -1
	record, err = r.Read()
	return record, line, err
}

// read is the next line without its end.
func (l *lines) read() (string, error) {
	l.line++
	if len(l.back) > 0 {
		text := l.back[0]
		l.back = l.back[1:]
		return text, nil
	}
	l.limit.run = 0
	text, err := l.in.ReadString('\n')
	if errors.Is(err, io.EOF) && text != "" {
		err = nil
	}
	return strings.TrimRight(text, "\r\n"), err
}

// open reports whether text ends within a quoted cell; stray that the cell goes
// over the end of a line to where another quoted cell begins, so that the quote
// which opened it was none.
func (l *lines) open(text string) (open, stray bool) {
	quoted, begins, over := false, true, false
	for i := 0; i < len(text); i++ {
		c := text[i]
		last := i+1 == len(text)
		switch {
		case quoted && c == '"' && !last && text[i+1] == '"':
			i++
		case quoted && c == '"' && over && begins && !last && rune(text[i+1]) != l.comma && text[i+1] != '\n':
			return false, true
		case quoted && c == '"':
			// Within a cell that goes on, it is a letter.
			quoted = !last && rune(text[i+1]) != l.comma && text[i+1] != '\n'
		case c == '"' && begins:
			quoted, over = true, false
		case c == '\n':
			over = true
		}
		begins = rune(c) == l.comma || c == '\n'
	}
	return quoted, false
}

// separatorOf is the separator of a table, told from its header.
func separatorOf(header string) rune {
	for _, c := range ",;\t" {
		if strings.ContainsRune(header, c) {
			return c
		}
	}
	return ','
}
