package bis

import (
	"bytes"
	"context"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/table"
)

// The sources that this package reads; each is a programme and a prefix of
// listing ids too.
const (
	SourceDPL  = "us-bis-dpl"
	SourceMIEU = "us-bis-mieu"
)

const authority = "US Department of Commerce, Bureau of Industry and Security"

// Recognise tells which list a file is, from its header.
func Recognise(_ string, head []byte) (source string, ok bool) {
	for _, comma := range []rune{'\t', ','} {
		if (table.Form{Comma: comma}).Header(firstLine(head)).Has("name", "effective date", "expiration date", "standard order") {
			return SourceDPL, true
		}
	}
	columns := table.Form{}.Header(firstLine(head))
	if columns.Has("type", "name", "program", "date", "source url") && bytes.Contains(head, []byte("US-BIS-MIEU")) {
		return SourceMIEU, true
	}
	return "", false
}

func firstLine(head []byte) []byte {
	line, _, _ := bytes.Cut(head, []byte{'\n'})
	return line
}

// Read reads the list of source, as [Recognise] tells it.
func Read(ctx context.Context, source string, b []byte, limits table.Limits) (*ledger.Reading, error) {
	switch source {
	case SourceDPL:
		return readDPL(ctx, b, limits)
	case SourceMIEU:
		return readMIEU(ctx, b, limits)
	}
	return nil, problem.New(problem.Invalid, "source %s is no list of the Bureau of Industry and Security: want %s or %s", source, SourceDPL, SourceMIEU)
}
