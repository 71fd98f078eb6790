package match

import (
	"bytes"
	"flag"
	"fmt"
	"math/bits"
	"os"
	"slices"
	"testing"
)

var update = flag.Bool("update", false, "make weights.txt anew from the collection of official files")

// leastCommon is in how many names a word stands at least to be in the table.
const leastCommon = 4

// TestWeights compares the table of words with what the lists give.
func TestWeights(t *testing.T) {
	corpus := loadCorpus(t)
	counts := map[string]int{}
	for i := range corpus {
		for _, n := range corpus[i].latin() {
			seen := map[string]bool{}
			for _, tok := range tokens(wordsOf(n.Text), n.Kind == "person") {
				if tok.role == roleWord && !seen[tok.text] && tok.text[0] < 0x80 && len(tok.text) > 1 {
					seen[tok.text] = true
					counts[tok.text]++
				}
			}
		}
	}
	made := weightFile(counts)
	if *update {
		if err := os.WriteFile("weights.txt", made, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(made, []byte(weightTable)) {
		t.Errorf("weights.txt is not what the lists give; run go test -run TestWeights -update")
	}
}

func weightFile(counts map[string]int) []byte {
	classes := map[int][]string{}
	for w, n := range counts {
		if n >= leastCommon {
			class := bits.Len(uint(n)) - 1
			classes[class] = append(classes[class], w)
		}
	}
	var b bytes.Buffer
	b.WriteString("# Words of names on official lists that are not rare, by how common they are.\n")
	b.WriteString("# A line =N begins the words that stand in 2^N to 2^(N+1)-1 of the names. Counted\n")
	b.WriteString("# over OFAC SDN and non-SDN, the UN and EU lists, DoD 1237 and 1260H and the BIS\n")
	b.WriteString("# Denied Persons List, after folding. Made by TestWeights -update.\n")
	for class := 20; class > 0; class-- {
		words := classes[class]
		if len(words) == 0 {
			continue
		}
		slices.Sort(words)
		fmt.Fprintf(&b, "=%d\n", class)
		line := 0
		for _, w := range words {
			if line > 0 && line+len(w) > 98 {
				b.WriteByte('\n')
				line = 0
			}
			if line > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(w)
			line += len(w) + 1
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}
