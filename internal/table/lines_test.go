package table

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"countersign.dev/internal/problem"
)

func TestLines(t *testing.T) {
	limits := LineLimits{Lines: 4, Line: 5}
	for _, c := range []struct{ in, want, err string }{
		{"", "", ""},
		{"\ufeffa\r\n\n  b \nc", "1=a 3=b 4=c", ""},
		{"a\nb\nc\nd\n", "1=a 2=b 3=c 4=d", ""},
		{"a\nb\nc\nd\ne", "1=a 2=b 3=c 4=d", "more than 4 lines"},
		{"12345\n123456\n", "1=12345", "line 2: more than 5 bytes"},
	} {
		var got []string
		err := Lines(context.Background(), []byte(c.in), limits, func(n int, text []byte) { got = append(got, fmt.Sprintf("%d=%s", n, text)) })
		if strings.Join(got, " ") != c.want {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
		if c.err == "" && err != nil || c.err != "" && (problem.KindOf(err) != problem.TooLarge || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%q: %v, want %q", c.in, err, c.err)
		}
	}
	stopped, stop := context.WithCancel(context.Background())
	stop()
	if err := Lines(stopped, []byte("a"), limits, func(int, []byte) { t.Error("a line after the end") }); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}
