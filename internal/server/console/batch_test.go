package console_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/screening"
)

// batch hands in a table of names with further fields of the form.
func (v *visit) batch(name, table string, fields map[string]string) *http.Response {
	v.t.Helper()
	return v.do(batchRequest(v.t, name, table, fields))
}

func batchRequest(t testing.TB, name, table string, fields map[string]string) *http.Request {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	all := map[string]string{"csrf": token, "answer": "page"}
	for name, value := range fields {
		all[name] = value
	}
	for name, value := range all {
		if err := form.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(part, table); err != nil {
		t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/screen/batch", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return r
}

const customers = `id,name,type,dob,country,identifier,remark
1,Nobody at all,,,,,
2,Huwei Technologies,company,,China,,ours
3,小米,company,,,,
`

// TestBatch hands a table in as a browser without scripts does, and looks at
// the page and the files that come of it.
func TestBatch(t *testing.T) {
	v := whole(t)
	resp := v.batch("customers.csv", customers, map[string]string{"at": "2021-02-01"})
	result := resp.Header.Get("Location")
	if resp.StatusCode != http.StatusSeeOther || !strings.HasPrefix(result, "/screen/results/sha256:") {
		t.Fatalf("status %d to %q", resp.StatusCode, result)
	}
	d := v.get(result, http.StatusOK)
	d.says("h1", "2 of 3 names match")
	d.says("dl", "2021-02-01", "all lists")
	d.says("[data-sought='2']", "Huwei Technologies", "Huawei Technologies", "+0.20")
	d.says("[data-sought='3']", "小米", "us-dod-1237", "listed")
	if n := d.all("[data-sought='1']"); len(n) != 0 {
		t.Error("a name without a match stands among those with one")
	}
	for _, a := range d.all("[data-sought] a") {
		if q := address(t, a).Query(); q.Get("at") != "2021-02-01" || q.Get("position") == "" {
			t.Errorf("the link %s leaves the record's moment", attribute(a, "href"))
		}
	}
	d.says(".tabs", "With matches 2", "Not contradicted 2", "Without 1", "All 3")
	v.get(attribute(d.all("dl a")[0], "href"), http.StatusOK).says("a[href='"+result+"']", "Read as a screening")
	v.get(result+"?show=none", http.StatusOK).says("[data-sought='1']", "Nobody at all", "no match")
	v.get(result+"?replay=1", http.StatusOK).says("[role=status]", "Replayed: same.")

	table, err := csv.NewReader(v.fetch(result + "/csv").Body).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(table) < 4 || table[1][1] != "Nobody at all" || table[1][6] != "0" || table[2][11] != "us-bis-entity-list:huawei-technologies-co-ltd" {
		t.Errorf("the table: %q", table)
	}
	lines, _ := io.ReadAll(v.fetch(result + "/jsonl?only=matches").Body)
	if got := strings.Count(string(lines), "\n"); got != 2 {
		t.Errorf("%d lines with matches, want 2: %s", got, lines)
	}
	var first screening.Result
	if err := json.Unmarshal(lines[:bytes.IndexByte(lines, '\n')], &first); err != nil || first.ID != "2" || len(first.Matches) == 0 {
		t.Errorf("the first line: %+v, %v", first, err)
	}
}

// TestBatchAsFile answers with a file of any number of rows and keeps nothing.
func TestBatchAsFile(t *testing.T) {
	v := whole(t)
	var table strings.Builder
	table.WriteString("id,name\n")
	for i := range 1200 { // more than are screened at once
		fmt.Fprintf(&table, "%d,%s\n", i, []string{"Nobody at all", "Huwei Technologies", `"=cmd|' /C calc'!A0"`}[i%3])
	}
	for _, as := range []access.Reader{analyst, reader} {
		v.as = as
		resp := v.batch("customers.csv", table.String(), map[string]string{"answer": "csv"})
		if got := resp.Header.Get("Content-Disposition"); !strings.Contains(got, `filename="customers-screened.csv"`) {
			t.Errorf("Content-Disposition %q", got)
		}
		rows, err := csv.NewReader(resp.Body).ReadAll()
		if err != nil || len(rows) != 1601 { // every third name has two matches
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		if rows[4][1] != "'=cmd|' /C calc'!A0" {
			t.Errorf("a spreadsheet would run %q", rows[3][1])
		}
	}
	lines, _ := io.ReadAll(v.batch("customers.csv", customers, map[string]string{"answer": "jsonl", "account": "1"}).Body)
	if !strings.Contains(string(lines), `"why":{`) || strings.Count(string(lines), "\n") != 3 {
		t.Errorf("lines: %s", lines)
	}
	v.as = analyst
	if n := v.get("/screen/results", http.StatusOK).all("table"); len(n) != 0 {
		t.Error("something was recorded")
	}
}

// A file that cannot be finished must not look whole: the connection breaks.
func TestBrokenBatchAsFile(t *testing.T) {
	v := whole(t)
	table := "name\n" + strings.Repeat("Nobody at all\n", 600) + strings.Repeat("a", 2<<20) + "\n"
	defer func() {
		if got := recover(); got != http.ErrAbortHandler {
			t.Errorf("the request ended with %v", got)
		}
	}()
	v.batch("customers.csv", table, map[string]string{"answer": "csv"})
}

// The form stays at the moment of the page that led to it.
func TestBatchFormKeepsTheMoment(t *testing.T) {
	v := whole(t)
	d := v.get("/screen/batch?at=2021-02-01", http.StatusOK)
	if got := d.attribute("#at", "value"); got != "2021-02-01" {
		t.Errorf("at = %q", got)
	}
	v.get("/screen/batch?at=tomorrow", http.StatusBadRequest)
	v.as = reader
	if n := v.get("/screen/batch", http.StatusOK).all("input[name=answer][value=page]"); len(n) != 0 {
		t.Error("a reader, who may not record, is offered to")
	}
}

// TestBatchProgress is what the page's script is told.
func TestBatchProgress(t *testing.T) {
	v := whole(t)
	tell := func(table string, fields map[string]string) []string {
		r := batchRequest(t, "customers.csv", table, fields)
		r.Header.Set("Accept", "application/x-ndjson")
		resp := v.do(r)
		if got := resp.Header.Get("Content-Type"); got != "application/x-ndjson" {
			t.Errorf("Content-Type %q", got)
		}
		b, _ := io.ReadAll(resp.Body)
		return strings.Split(strings.TrimSpace(string(b)), "\n")
	}
	lines := tell(customers+"4,,\n", nil)
	last := lines[len(lines)-1]
	for _, want := range []string{`"rows":4`, `"matched":2`, `"failures":1`, `"failed":["customers.csv: line 5: column name: is empty"]`, `"result":"/screen/results/sha256:`} {
		if !strings.Contains(last, want) {
			t.Errorf("last line %s, want %s in it", last, want)
		}
	}
	if len(lines) != 2 || !strings.Contains(lines[0], fmt.Sprintf(`"read":%d,"size":%[1]d`, len(customers)+len("4,,\n"))) {
		t.Errorf("progress: %q", lines)
	}
	if lines = tell("nom\nx\n", nil); !strings.Contains(lines[0], "no column name") {
		t.Errorf("a table without names: %q", lines)
	}
	v.as = reader
	if lines = tell(customers, nil); !strings.Contains(lines[0], "may not record") {
		t.Errorf("a reader's batch: %q", lines)
	}
}

// TestBatchRefuses says on the form what is wrong with a table, and which rows
// were left out.
func TestBatchRefuses(t *testing.T) {
	v := whole(t)
	for _, test := range []struct {
		table  string
		fields map[string]string
		want   string
	}{
		{"", nil, "is empty"},
		{"id,type\n1,person\n", nil, "no column name"},
		{"name\n", nil, "no rows"},
		{"name,type\nAcme,galaxy\n", nil, `No row can be screened; the first: customers.csv: line 2: column type: "galaxy"`},
		{"name\n\"Acme\n", nil, "customers.csv: line 2"},
		{customers, map[string]string{"answer": "fax"}, "want page, csv or jsonl"},
		{customers, map[string]string{"at": "tomorrow"}, "At"},
		{customers, map[string]string{"list": "nonesuch"}, "There is no programme"},
	} {
		resp := v.batch("customers.csv", test.table, test.fields)
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%q %v: status %d", test.table, test.fields, resp.StatusCode)
		}
		read(t, test.table, resp).says("[role=alert]", test.want)
	}
	resp := v.batch("customers.csv", customers+"4,,\n", nil)
	d := read(t, "in part", resp)
	d.says("#done", "Screened, but for 1 row")
	d.says("section[aria-labelledby=done]", "line 5: column name: is empty")
	v.get(d.attribute("section[aria-labelledby=done] a", "href"), http.StatusOK).says("h1", "2 of 3")

	none := batchRequest(t, "", "", nil)
	read(t, "no file", v.do(none)).says("[role=alert]", "Choose a file")
	forged := batchRequest(t, "customers.csv", customers, map[string]string{"csrf": "guess"})
	if got := v.do(forged).StatusCode; got != http.StatusForbidden {
		t.Errorf("a form of another session: %d", got)
	}
}
