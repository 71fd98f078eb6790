package taxii_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/server"
	"countersign.dev/internal/sharing"
)

// TestTooLong: a body that is too long is refused with an answer that a client
// gets which first sends all of it, whether it says its length or not.
func TestTooLong(t *testing.T) {
	const most = 1 << 20
	w := open(t, dbtest.Open(t, "sqlite"), sharing.Limits{}, func(_ *world, opts *server.Options) { opts.Limits.Envelope = most })
	const path = "/taxii2/scratch/collections/{none}/objects/"
	if _, body := w.do(t, http.MethodGet, "/taxii2/scratch/", ""); !strings.Contains(body, fmt.Sprintf(`"max_content_length":%d`, most)) {
		t.Errorf("the API root says %s", body)
	}
	padded := func(n int) string {
		text := `{"objects":[` + campaign(1) + `]}`
		return text + strings.Repeat(" ", n-len(text))
	}
	for length, want := range map[int]int{most - 1: http.StatusAccepted, most: http.StatusAccepted, most + 1: http.StatusRequestEntityTooLarge, 9 * most: http.StatusRequestEntityTooLarge} {
		resp, body := w.do(t, http.MethodPost, path, padded(length))
		if resp.StatusCode != want {
			t.Errorf("%d bytes: %d %s", length, resp.StatusCode, body)
		}
		sound(t, resp, body)
	}
	// One that says so beforehand need not send it to be told.
	for _, expect := range []string{"", "Expect: 100-continue\r\n"} {
		resp, answer := exchange(t, w.addr, "POST "+filled(path)+" HTTP/1.1\r\nHost: x\r\n"+expect+strings.Join(usual, "\r\n")+"\r\nContent-Type: application/taxii+json\r\nContent-Length: 99999999\r\n\r\n")
		if resp.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("%q: %d %s", expect, resp.StatusCode, answer)
		}
		sound(t, resp, answer)
	}
	body := padded(most + 1)
	request := "POST " + filled(path) + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n" + strings.Join(usual, "\r\n") + "\r\nContent-Type: application/taxii+json\r\n\r\n"
	resp, answer := exchange(t, w.addr, request+fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body))
	if resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("in chunks: %d %s", resp.StatusCode, answer)
	}
	sound(t, resp, answer)
}

// TestStrangeBodies: nothing that is sent for an envelope does harm.
func TestStrangeBodies(t *testing.T) {
	w := open(t, dbtest.Open(t, "sqlite"), sharing.Limits{Object: 64 << 10}, nil)
	const path = "/taxii2/scratch/collections/{none}/objects/"
	deep := strings.Repeat("[", 1_000_000) + strings.Repeat("]", 1_000_000)
	start := `{"type":"campaign","spec_version":"2.1","id":"campaign--00000000-0000-4000-8000-0000000000c1","created":"2020-12-13T00:00:00.000Z","modified":"2020-12-13T00:00:00.000Z","name":"`
	for what, body := range map[string]string{
		"nested deeply":           deep,
		"nested deeply inside":    `{"objects":` + deep + `}`,
		"nested deeply beside":    `{"x":` + deep + `,"objects":[` + campaign(1) + `]}`,
		"an object nested deeply": `{"objects":[` + start + `","x_a":` + deep + `}]}`,
		"an object of 100 kB":     `{"objects":[` + start + strings.Repeat("a", 100<<10) + `"}]}`,
		"not UTF-8":               "{\"objects\":[" + start + "\xff\"}]}",
		"half a character":        `{"objects":[` + start + `\ud800"}]}`,
		"a zero byte":             "{\"objects\":[" + start + "\x00\"}]}",
		"objects twice":           `{"objects":[],"objects":[` + campaign(1) + `]}`,
		"an id twice":             `{"objects":[{"id":"x",` + campaign(1)[1:] + `]}`,
		"a byte order mark":       "\xef\xbb\xbf{\"objects\":[" + campaign(1) + "]}",
		"more after it":           `{"objects":[` + campaign(1) + `]}{"objects":[]}`,
		"no numbers":              `{"objects":[` + strings.Replace(campaign(1), "1.50e0", "NaN", 1) + `]}`,
		"many nothings":           `{"objects":[` + strings.Repeat("null,", 100_000) + `null]}`,
	} {
		resp, answer := w.do(t, http.MethodPost, path, body)
		switch resp.StatusCode {
		case http.StatusBadRequest, http.StatusUnprocessableEntity: // and not 413, which is for what is longer than the API root says
		case http.StatusAccepted:
			if !strings.Contains(answer, `"success_count":0`) {
				t.Errorf("%s: taken in: %.300s", what, answer)
			}
		default:
			t.Errorf("%s: %d %.300s", what, resp.StatusCode, answer)
		}
		sound(t, resp, answer)
	}
	if _, body := w.do(t, http.MethodGet, path, ""); strings.Contains(body, "objects") {
		t.Errorf("something was taken in: %.300s", body)
	}
}

// TestStrangeQueries: no value of a filter is more than a value.
func TestStrangeQueries(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, store func(testing.TB) *db.DB) {
		strangeQueries(t, open(t, store(t), sharing.Limits{}, nil))
	})
}

func strangeQueries(t *testing.T, w *world) {
	for _, value := range []string{"' OR 1=1 --", `"; DROP TABLE sharing_object; --`, "%", "*", "indicator%", "_%", "\x00", "../../", "{three}' UNION SELECT 1", "$1", "\\", strings.Repeat("x", 9000)} {
		for _, field := range []string{"id", "type"} {
			for _, endpoint := range []string{"objects/", "manifest/"} {
				resp, body := w.do(t, http.MethodGet, "/taxii2/scratch/collections/{rw}/"+endpoint+"?match["+field+"]="+url.QueryEscape(value), "")
				if resp.StatusCode != http.StatusOK || strings.Contains(body, "objects") {
					t.Errorf("match[%s]=%.30q: %d %.200s", field, value, resp.StatusCode, body)
				}
			}
		}
		for _, path := range []string{"/taxii2/%s/", "/taxii2/scratch/collections/%s/", "/taxii2/scratch/collections/{rw}/objects/%s/", "/taxii2/scratch/status/%s/"} {
			resp, body := w.do(t, http.MethodGet, fmt.Sprintf(path, url.PathEscape(value)), "")
			if resp.StatusCode != http.StatusNotFound {
				t.Errorf("%s with %.30q: %d %.200s", path, value, resp.StatusCode, body)
			}
			sound(t, resp, body)
		}
	}
	many := strings.Repeat("x,", 1500) + "x"
	if resp, _ := w.do(t, http.MethodGet, "/taxii2/scratch/collections/{rw}/objects/?match[id]="+many, ""); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("1,501 values: %d", resp.StatusCode)
	}
}

// TestForgedCursors: a cursor with any byte changed, cut off or added, or one of
// somebody else, is refused.
func TestForgedCursors(t *testing.T) {
	w := open(t, dbtest.Open(t, "sqlite"), sharing.Limits{}, members(t))
	const path = "/taxii2/scratch/collections/{rw}/objects/?limit=1"
	ask := func(name, query string) (*http.Response, string) {
		return w.do(t, http.MethodGet, path+query, "", "Authorization", basic(name, password))
	}
	_, body := ask("gus", "")
	_, rest, _ := strings.Cut(body, `"next":"`)
	next, _, _ := strings.Cut(rest, `"`)
	if resp, _ := ask("gus", "&next="+next); resp.StatusCode != http.StatusOK || len(next) < 20 {
		t.Fatalf("cursor %q: %d", next, resp.StatusCode)
	}
	forged := []string{next[1:], next[:len(next)-1], next + "A", next + next, strings.ToLower(next), next + "="}
	for i := range len(next) {
		for _, c := range []byte{'A', 'B', '-'} {
			if b := []byte(next); b[i] != c {
				b[i] = c
				forged = append(forged, string(b))
			}
		}
	}
	for _, f := range forged {
		if resp, body := ask("gus", "&next="+url.QueryEscape(f)); resp.StatusCode != http.StatusBadRequest {
			t.Fatalf("%q: %d %s", f, resp.StatusCode, body)
		}
	}
	if resp, body := ask("kim", "&next="+next); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("the cursor of another reader: %d %s", resp.StatusCode, body)
	}
}

// TestSmuggled: a request whose end is in doubt is refused, and what is behind it
// gets nothing of the rights of the one before.
func TestSmuggled(t *testing.T) {
	w := open(t, dbtest.Open(t, "sqlite"), sharing.Limits{}, nil)
	head := "POST " + filled("/taxii2/scratch/collections/{none}/objects/") + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/taxii+json\r\n" + strings.Join(usual, "\r\n") + "\r\n"
	inner := "DELETE " + filled("/taxii2/scratch/collections/{rw}/objects/{malware}/") + " HTTP/1.1\r\nHost: x\r\n\r\n"
	for what, request := range map[string]string{
		"two lengths":                head + "Content-Length: 0\r\nContent-Length: 60\r\n\r\n" + inner,
		"a length and chunks":        head + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + inner,
		"an unknown coding":          head + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + inner,
		"a space before the colon":   head + "Content-Length : 5\r\n\r\n" + inner,
		"a negative length":          head + "Content-Length: -1\r\n\r\n" + inner,
		"a line that is folded":      head + "X: a\r\n Content-Length: 5\r\n\r\n" + inner,
		"a bad chunk":                head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n" + inner,
		"two hosts":                  "GET /taxii2/ HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
		"no host":                    "GET /taxii2/ HTTP/1.1\r\nAccept: */*\r\n\r\n",
		"a header without an end":    head + strings.Repeat("X-A: "+strings.Repeat("b", 1000)+"\r\n", 100) + "\r\n",
		"a method that is no method": "G\x00T /taxii2/ HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		conn, err := net.Dial("tcp", w.addr)
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(30 * time.Second))
		go io.WriteString(conn, request+"\r\n\r\n")
		in := bufio.NewReader(conn)
		for i := 0; ; i++ {
			resp, err := http.ReadResponse(in, nil)
			if err != nil {
				break // closed
			}
			body, _ := io.ReadAll(resp.Body)
			if resp.StatusCode < 400 {
				t.Errorf("%s: answer %d is %d %.200s", what, i, resp.StatusCode, body)
			}
			if resp.Close {
				break
			}
		}
		conn.Close()
	}
	if resp, _ := w.do(t, http.MethodGet, "/taxii2/scratch/collections/{rw}/objects/{malware}/", ""); resp.StatusCode != http.StatusOK {
		t.Errorf("the object is gone: %d", resp.StatusCode)
	}
}

// TestSlowBody: who does not send a body in time is told so, and holds nothing.
func TestSlowBody(t *testing.T) {
	w := open(t, dbtest.Open(t, "sqlite"), sharing.Limits{}, func(_ *world, opts *server.Options) { opts.Limits.UploadTime = 200 * time.Millisecond })
	resp, body := exchange(t, w.addr, "POST "+filled("/taxii2/scratch/collections/{none}/objects/")+" HTTP/1.1\r\nHost: x\r\nContent-Type: application/taxii+json\r\nContent-Length: 100\r\n"+strings.Join(usual, "\r\n")+"\r\n\r\n{\"objects\":[")
	if resp.StatusCode != http.StatusRequestTimeout {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	sound(t, resp, body)
}
