package taxii

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// send answers with a resource.
func send(w http.ResponseWriter, r *http.Request, status int, resource any) error {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(resource); err != nil {
		return fmt.Errorf("taxii: %w", err)
	}
	sendParts(w, r, status, body.Bytes())
	return nil
}

// minCompressed is the size in bytes from which an answer is worth compressing:
// less fits into one packet anyway.
const minCompressed = 1400

var compressors = sync.Pool{New: func() any {
	z, err := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed)
	if err != nil {
		panic(err) // of a level that there is not
	}
	return z
}}

// sendParts answers with a body of parts, compressed when the client asks for
// it. What cannot be sent is noticed by whoever watches the connection.
func sendParts(w http.ResponseWriter, r *http.Request, status int, parts ...[]byte) {
	size := 0
	for _, p := range parts {
		size += len(p)
	}
	h := w.Header()
	h.Set("Content-Type", MediaType)
	compress := size >= minCompressed && takesGzip(r.Header.Values("Accept-Encoding"))
	if compress {
		h.Set("Content-Encoding", "gzip")
	} else {
		h.Set("Content-Length", strconv.Itoa(size))
	}
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	out := io.Writer(w)
	if compress {
		z := compressors.Get().(*gzip.Writer)
		defer compressors.Put(z)
		z.Reset(w)
		defer z.Close()
		out = z
	}
	for _, p := range parts {
		if _, err := out.Write(p); err != nil {
			return
		}
	}
}

// takesGzip reports whether a client asks for compressed answers (RFC 9110
// section 12.5.3). One that takes anything is not asked to unpack.
func takesGzip(header []string) bool {
	for _, line := range header {
		for _, text := range strings.Split(line, ",") {
			coding, params, _ := strings.Cut(text, ";")
			if coding = strings.TrimSpace(coding); !strings.EqualFold(coding, "gzip") && !strings.EqualFold(coding, "x-gzip") {
				continue
			}
			name, value, found := strings.Cut(params, "=")
			if !found || !strings.EqualFold(strings.TrimSpace(name), "q") {
				return true
			}
			q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			return err == nil && q > 0
		}
	}
	return false
}
