package logs

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
)

const zeek = "#separator \\x09\n#set_separator\t,\n#path\tdns\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tquery\n#types\ttime\n" +
	"1607817600.123456\tC1\t10.21.1.10\t5353\t10.21.1.53\t53\tudp\tavsvmcloud.com\n"

// TestRecord tells formats by their beginning, and takes time and host out of
// their lines.
func TestRecord(t *testing.T) {
	tests := []struct {
		format, text, host string
		at                 string
	}{
		{"zeek", zeek, "10.21.1.10", "2020-12-13T00:00:00.123456Z"},
		{"zeek-json", `{"ts":1607817600.5,"uid":"C1","id.orig_h":"10.21.1.10","query":"a.example"}`, "10.21.1.10", "2020-12-13T00:00:00.5Z"},
		{"eve", `{"timestamp":"2020-12-13T00:00:00.000001+0000","event_type":"dns","src_ip":"10.21.1.10","dest_ip":"10.21.1.53"}`, "10.21.1.10", "2020-12-13T00:00:00.000001Z"},
		{"dnsmasq", "Dec 13 00:00:00 gw dnsmasq[1]: query[A] avsvmcloud.com from 10.21.1.10", "10.21.1.10", ""},
		{"bind", "13-Dec-2020 00:00:00.5 queries: info: client @0x7f 10.21.1.10#5353 (a.example): query: a.example IN A + (10.21.1.53)", "10.21.1.10", "2020-12-13T00:00:00.5Z"},
		{"squid", "1607817600.250    120 10.21.1.10 TCP_MISS/200 1234 GET http://a.example/ - DIRECT/203.0.113.9 text/html", "10.21.1.10", "2020-12-13T00:00:00.25Z"},
		{"clf", `10.21.1.10 - - [13/Dec/2020:01:00:00 +0100] "GET / HTTP/1.1" 200 1`, "10.21.1.10", "2020-12-13T00:00:00Z"},
		{"syslog", "<34>1 2020-12-13T00:00:00Z noc-1 sshd 1 - - Failed password", "noc-1", "2020-12-13T00:00:00Z"},
		{"syslog", "<34>Dec 13 00:00:00 noc-1 sshd: Failed password", "noc-1", ""},
		{"csv", "time;host;url\n2020-12-13 00:00:00;noc-1;http://a.example/", "noc-1", "2020-12-13T00:00:00Z"},
		{"tsv", "time\thost\turl\n2020-12-13\tnoc-1\thttp://a.example/", "noc-1", "2020-12-13T00:00:00Z"},
		{"json", `{"time":"2020-12-13T00:00:00Z","host":"noc-1"}`, "noc-1", "2020-12-13T00:00:00Z"},
		{"plain", "something else", "", ""},
	}
	for _, test := range tests {
		l, err := Open("log", strings.NewReader(test.text), "")
		if err != nil || l.Format.Name != test.format {
			t.Errorf("%q: %+v, %v, want %s", test.text, l, err, test.format)
			continue
		}
		lines := strings.Split(strings.TrimRight(test.text, "\n"), "\n")
		line := []byte(lines[len(lines)-1])
		r := l.Format.Record(line)
		var at time.Time
		if test.at != "" {
			at, _ = time.Parse(time.RFC3339Nano, test.at)
		}
		if r.Host != test.host || !r.Time.Equal(at) {
			t.Errorf("%s: %+v, want %s at %s", test.format, r, test.host, test.at)
		}
		if l.Format.Odd(line) {
			t.Errorf("%s: its own line is odd", test.format)
		}
	}
	l, _ := Open("log", strings.NewReader(zeek), "")
	if r := l.Format.Record([]byte(zeek[strings.LastIndex(zeek, "1607"):])); r.Flow.To.String() != "10.21.1.53" || r.Flow.ToPort != 53 || r.Flow.Protocol != "udp" {
		t.Errorf("%+v", r)
	}
	if !l.Format.Odd([]byte("1\t2\t3")) {
		t.Error("a line of three columns is not odd")
	}
	if _, err := Open("log", strings.NewReader(""), "evtx"); err == nil {
		t.Error("a format that is none is taken")
	}
}

// drain reads all blocks.
func drain(l *Reader) (text string, last *Block, err error) {
	for {
		b, err := l.Next()
		if errors.Is(err, io.EOF) {
			return text, last, nil
		}
		if err != nil {
			return text, last, err
		}
		text, last = text+string(b.Bytes), b
	}
}

// TestNext gives every line, of every compression, and says where a log is cut
// off.
func TestNext(t *testing.T) {
	var b strings.Builder
	for i := range 200_000 {
		b.WriteString("line ")
		b.WriteString(strings.Repeat("x", i%37))
		b.WriteString("\r\n")
	}
	text := b.String() + "the last has no end"
	var zipped, packed bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write([]byte(text))
	z.Close()
	s, _ := zstd.NewWriter(&packed)
	_, _ = s.Write([]byte(text))
	s.Close()
	for name, raw := range map[string][]byte{"plain": []byte(text), "gzip": zipped.Bytes(), "zstd": packed.Bytes()} {
		l, err := Open(name, bytes.NewReader(raw), "plain")
		if err != nil {
			t.Fatal(err)
		}
		got, last, err := drain(l)
		if err != nil || got != text {
			t.Errorf("%s: %d bytes of %d, %v", name, len(got), len(text), err)
		}
		if lines := last.Line + int64(bytes.Count(last.Bytes, newline)); lines != 200_001 || last.Offset+int64(len(last.Bytes)) != int64(len(text)) {
			t.Errorf("%s: ends at line %d, byte %d", name, lines, last.Offset+int64(len(last.Bytes)))
		}
		l.Close()
	}
	l, err := Open("cut.gz", bytes.NewReader(zipped.Bytes()[:zipped.Len()/2]), "plain")
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := drain(l)
	if err == nil || !strings.Contains(err.Error(), "cut.gz: after line ") || !strings.HasPrefix(text, got) || got == "" {
		t.Errorf("a log that is cut off: %d bytes, %v", len(got), err)
	}
	long, _ := Open("long", strings.NewReader("a\n"+strings.Repeat("y", 5<<20)+"\nb\n"), "plain")
	got, last, err := drain(long)
	if err != nil || long.TooLong() != 1 || !strings.HasSuffix(got, "\nb\n") || last.Line != 3 {
		t.Errorf("a long line: %d bytes, %d too long, last from line %d, %v", len(got), long.TooLong(), last.Line, err)
	}
}

// FuzzRecord never fails.
func FuzzRecord(f *testing.F) {
	f.Add(zeek, "")
	f.Add(`{"event_type":1,"ts":"x"}`, "eve")
	f.Add("a,b\n\"", "csv")
	f.Fuzz(func(t *testing.T, text, format string) {
		l, err := Open("log", strings.NewReader(text), format)
		if err != nil {
			return
		}
		for line := range strings.Lines(text) {
			l.Format.Odd([]byte(strings.TrimRight(line, "\r\n")))
			l.Format.Record([]byte(line))
		}
	})
}
