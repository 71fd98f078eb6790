package node

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/party"
	"countersign.dev/internal/realdata"
)

// watchedNames is a list of so many names: companies and persons in the manner
// of a customer file, one in fifty of which is on the list, half of those with
// a slip of the keyboard.
func watchedNames(b *testing.B, n *Node, count int) []byte {
	b.Helper()
	facts := func(kind string) (out []string) {
		entries, err := n.Ledger.ByDocumentKind(context.Background(), access.Ask{At: access.At{Known: access.Forever, Position: access.Now}}, "ofac.primary")
		if err != nil {
			b.Fatal(err)
		}
		for i := range entries {
			var name party.Name
			if entries[i].Kind == kind && entries[i].Decode(&name) == nil {
				out = append(out, name.Name)
			}
		}
		return out
	}
	listed := facts(party.FactName)
	given := strings.Fields("Anna Boris Chen Dmitri Elena Farid Grace Hassan Irina Jorge Karim Li Maria Nikolai Olga Pedro Qasim Rosa Sergei Tariq Uma Viktor Wei Xin Yusuf Zhang")
	family := strings.Fields("Abbas Becker Castro Diaz Evans Fischer Garcia Hansen Ivanov Jones Kim Lopez Meyer Novak Ortiz Petrov Quinn Rossi Smith Tanaka Ueda Volkov Wang Xu Yilmaz Zhao")
	trade := strings.Fields("Trading Shipping Electronics Holdings Logistics Industries Pharma Foods Textiles Mining Energy Motors")
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(from []string) string { return from[random.IntN(len(from))] }
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	write := func(cells ...string) {
		if err := w.Write(cells); err != nil {
			b.Fatal(err)
		}
	}
	write("id", "name")
	for i := range count {
		name := pick(given) + " " + pick(family) + pick([]string{"", "ov", "sen", "ez", "i"})
		switch {
		case i%50 == 0:
			name = pick(listed)
			if at := len(name) / 2; i%100 == 0 && at > 0 {
				name = name[:at-1] + name[at:]
			}
			name = strings.ToValidUTF8(name, "")
		case i%2 == 0:
			name = fmt.Sprintf("%s%d %s %s", pick(family), random.IntN(500), pick(trade), pick([]string{"Ltd", "LLC", "GmbH", "Co., Ltd."}))
		}
		write(fmt.Sprint("c-", i), name)
	}
	w.Flush()
	return out.Bytes()
}

// importEdition takes in files of the SDN list.
func importEdition(b *testing.B, n *Node, published access.Date, names ...string) {
	b.Helper()
	var files []intake.File
	for _, name := range names {
		content, err := os.ReadFile(realdata.Path(b, "data/screening/us_ofac_sdn/"+name))
		if err != nil {
			b.Fatal(err)
		}
		files = append(files, intake.File{Name: filepath.Base(name), Bytes: content})
	}
	r, err := n.Import(context.Background(), access.Operator, files, ImportOptions{Published: published})
	if err != nil || len(r.Failed) > 0 {
		b.Fatal(err, r)
	}
}

// BenchmarkWatchList screens 100,000 names again after a new edition of the SDN
// list, that of 2023-01 after that of 2021-07. Beside it stands what the first
// run took, which screens every name once, how many subjects the eighteen months
// between the editions touched, and how many names had to be screened again.
func BenchmarkWatchList(b *testing.B) {
	ctx := context.Background()
	for b.Loop() {
		b.StopTimer()
		n := openDayNode(b, b.TempDir(), "2021-07-14")
		importEdition(b, n.Node, "2021-07-14", "2021-07/sdn.csv.gz", "2021-07/alt.csv.gz", "2021-07/add.csv.gz", "2021-07/sdn_comments.csv.gz")
		audience := access.Public
		l := NewWatchList{Name: "all", Audience: &audience, File: "all.csv", CSV: watchedNames(b, n.Node, 100_000)}
		if _, err := n.SetWatchList(ctx, access.Operator, l); err != nil {
			b.Fatal(err)
		}
		begun := time.Now()
		first, err := n.RunWatchList(ctx, access.Operator, "all", nil)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(begun).Seconds(), "s/first")
		b.ReportMetric(float64(first.Counts.Appeared), "matches")
		n.day = "2023-01-21"
		importEdition(b, n.Node, n.day, "2023-01/sdn_primary_with_header.csv.gz", "2023-01/add_with_header.csv.gz")
		runtime.GC()
		b.StartTimer()
		r, err := n.RunWatchList(ctx, access.Operator, "all", nil)
		b.StopTimer()
		if err != nil {
			b.Fatal(err)
		}
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		b.ReportMetric(float64(memory.Sys>>20), "MB")
		b.ReportMetric(float64(r.Counts.Subjects), "subjects")
		b.ReportMetric(float64(r.Counts.Screened), "screened")
		b.ReportMetric(float64(len(r.Changes)), "changes")
		if err := n.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
