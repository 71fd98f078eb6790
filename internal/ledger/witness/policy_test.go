package witness

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"countersign.dev/internal/problem"
)

// policyText is a policy with the log and witnesses named W1, W2 …, and the
// lines that follow.
func policyText(l *testLog, witnesses []*Signer, lines ...string) string {
	text := ""
	if l != nil {
		text = "log " + l.vkey + "\n"
	}
	for i, w := range witnesses {
		text += fmt.Sprintf("witness W%d %s\n", i+1, w.Verifier())
	}
	return text + strings.Join(lines, "\n") + "\n"
}

func mustParse(t testing.TB, text string) *Policy {
	t.Helper()
	p, err := ParsePolicy([]byte(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return p
}

func fiveWitnesses(t testing.TB) []*Signer {
	var all []*Signer
	for i := range 5 {
		all = append(all, newWitness(t, fmt.Sprintf("witness%d.example", i+1)))
	}
	return all
}

func TestQuorum(t *testing.T) {
	l, ws := newLog(t, "log.example/a"), fiveWitnesses(t)
	l.grow(t, 9, "leaf")
	for _, c := range []struct {
		lines   string
		by      string // digits of those who cosign
		missing string // "" where the quorum is met
	}{
		{"quorum none", "", ""},
		{"quorum W2", "2", ""},
		{"quorum W2", "1345", "witness W2 is missing"},
		{"group g 2 W1 W2 W3\nquorum g", "13", ""},
		{"group g 2 W1 W2 W3\nquorum g", "345", "group g has 1 of the 2 it wants; missing W1, W2"},
		{"group g any W1 W2\nquorum g", "2", ""},
		{"group g any W1 W2\nquorum g", "", "group g has 0 of the 1 it wants; missing W1, W2"},
		{"group g all W1 W2\nquorum g", "12", ""},
		{"group g all W1 W2\nquorum g", "1", "missing W2"},
		{"group x 2 W1 W2 W3\ngroup y any W4 W5\ngroup both all x y\nquorum both", "125", ""},
		{"group x 2 W1 W2 W3\ngroup y any W4 W5\ngroup both all x y\nquorum both", "123",
			"group both has 1 of the 2 it wants; missing y; group y has 0 of the 1 it wants; missing W4, W5"},
		{"group x 2 W1 W2 W3\nquorum W4", "4", ""},
	} {
		p := mustParse(t, policyText(l, ws, c.lines))
		var by []note.Signer
		for _, d := range c.by {
			by = append(by, ws[d-'1'])
		}
		tree, err := p.Verify(l.checkpoint(t, 9, by...))
		if c.missing != "" {
			wantError(t, err, "quorum not met", c.missing)
			continue
		}
		if err != nil || tree.Size != 9 || tree.Origin != "log.example/a" {
			t.Errorf("%q by %q: %v, %v", c.lines, c.by, tree, err)
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	l, other, ws := newLog(t, "log.example/a"), newLog(t, "log.example/b"), fiveWitnesses(t)
	namesake := newLog(t, "log.example/a")
	stranger := newWitness(t, "witness1.example") // the name of W1, another key
	for _, x := range []*testLog{l, other, namesake} {
		x.grow(t, 9, "leaf")
	}
	p := mustParse(t, policyText(l, ws[:2], "log "+other.vkey, "group g all W1 W2", "quorum g"))
	good := l.checkpoint(t, 9, ws[0], ws[1], stranger)
	if _, err := p.Verify(good); err != nil {
		t.Fatalf("a signature that nobody knows does harm: %v", err)
	}
	text, signatures, _ := strings.Cut(good, "\n\n")
	lines := strings.SplitAfter(signatures, "\n")
	foreign, err := note.Sign(&note.Note{Text: other.text(t, 9)}, l.signer, ws[0], ws[1])
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, signed, want string }{
		{"a stranger with the name of a witness", l.checkpoint(t, 9, stranger, ws[1]), "missing W1"},
		{"another key of the log's name", namesake.checkpoint(t, 9, ws[0], ws[1]), "not signed by a log of the policy (log.example/a, log.example/b)"},
		{"without the log's signature", text + "\n\n" + lines[1] + lines[2], "not signed by a log"},
		{"a log signs for another", string(foreign), `checkpoint is of log "log.example/b", and signed by another`},
		{"one witness twice", text + "\n\n" + lines[0] + lines[1] + lines[1], "missing W2"},
		{"a size changed", strings.Replace(good, "\n9\n", "\n8\n", 1), "signature of log.example/a"},
		{"a cosignature of another text", l.checkpoint(t, 8) + lines[1], "signature of witness1.example"},
		{"no signature", text + "\n", "not a signed checkpoint"},
		{"nothing", "", "not a signed checkpoint"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := p.Verify(c.signed)
			wantError(t, err, c.want)
			if problem.KindOf(err) != problem.Invalid {
				t.Errorf("kind %s", problem.KindOf(err))
			}
		})
	}
}

func TestPolicyThatIsRefused(t *testing.T) {
	l, ws := newLog(t, "log.example/a"), fiveWitnesses(t)
	w1 := ws[0].Verifier().String()
	renamed := formatKey("another.example", algorithmCosignature, ws[0].Verifier().key, ws[0].Verifier().key)
	for text, want := range map[string]string{
		"":                                   "no quorum line",
		"log " + l.vkey + "\n":               "no quorum line",
		"quorum none\nquorum none\n":         "line 2: the quorum is set on line 1 already",
		"quorum W1\n":                        "line 1: \"W1\" is not defined",
		"quorum W1\nwitness W1 " + w1 + "\n": "line 1: \"W1\" is not defined",
		"quorum\n":                           "want quorum NAME",
		"quorum none none\n":                 "want quorum NAME",
		"log\n":                              "want log KEY [URL]",
		"log " + l.vkey + " u v\n":           "want log KEY [URL]",
		"log " + w1 + "\n":                   "a log's is of type 1",
		"log " + l.vkey + "\nlog " + l.vkey + "\n": "line 2: the key of log.example/a is that of line 1",
		"witness W1\n":                                         "want witness NAME KEY [URL]",
		"witness W1 " + l.vkey + "\n":                          "a witness's is of type 4",
		"witness none " + w1 + "\n":                            "choose another",
		"witness A " + w1 + "\nwitness B " + w1:                "line 2: the key of witness1.example is that of line 1",
		"witness A " + w1 + "\n\nwitness B " + renamed:         "line 3: the key of another.example is that of line 1",
		"witness A " + w1 + "\ngroup A any A\n":                "\"A\" is defined already",
		"witness A " + w1 + "\ngroup g any A\ngroup g any g\n": "\"g\" is defined already",
		"witness A " + w1 + "\ngroup g any A A\n":              "a member already",
		"witness A " + w1 + "\ngroup g any A\ngroup h any A\n": "a member already",
		"witness A " + w1 + "\ngroup g 2 A\n":                  "2 of 1 members cannot be wanted",
		"witness A " + w1 + "\ngroup g 0 A\n":                  "0 of 1 members cannot be wanted",
		"witness A " + w1 + "\ngroup g -1 A\n":                 "want all, any or a number",
		"witness A " + w1 + "\ngroup g some A\n":               "want all, any or a number",
		"group g any\n":                                        "want group NAME",
		"group g any none\n":                                   "none cannot be a member",
		"group g any g\n":                                      "\"g\" is not defined on a line above",
		"quorum none\r\n":                                      "byte 12 is a control character (0x0d)",
		"quorum none\x00\n":                                    "control character (0x00)",
		"tessera x\n":                                          "want log, witness, group or quorum",
		"quorum none # said inline\n":                          "want quorum NAME",
		"quorum\u00a0none\n":                                   "want log, witness, group or quorum",
		strings.Repeat("#", maxPolicy) + "\nquorum none\n":     "longer than",
	} {
		_, err := ParsePolicy([]byte(text))
		wantError(t, err, want)
		if problem.KindOf(err) != problem.Invalid {
			t.Errorf("%q: kind %s", text, problem.KindOf(err))
		}
	}
	var many strings.Builder
	for i := range maxDefined + 1 {
		fmt.Fprintf(&many, "witness W%d %s\n", i, newWitness(t, "w.example").Verifier())
	}
	_, err := ParsePolicy([]byte(many.String()))
	wantError(t, err, "line 65: more than 64 witnesses")
}

func TestPolicyReadsWhatTheFormAllows(t *testing.T) {
	l, ws := newLog(t, "log.example/a"), fiveWitnesses(t)
	p := mustParse(t, "# \xff opaque\n\t # indented\n\n \tlog\t"+l.vkey+"  https://log.example/ \n"+
		"witness \u212a "+ws[0].Verifier().String()+" https://w1.example/witness\nwitness K "+ws[1].Verifier().String()+
		"\ngroup g all \u212a K\nquorum g")
	if p.Logs()[0].URL != "https://log.example/" || p.Quorum() != "g" {
		t.Errorf("log %v, quorum %s", p.Logs()[0], p.Quorum())
	}
	known := p.Witnesses()
	if len(known) != 2 || known[0].Name != "\u212a" || known[0].URL != "https://w1.example/witness" || known[1].URL != "" {
		t.Errorf("witnesses %v", known)
	}
	if got := mustParse(t, "quorum none\n").Quorum(); got != "none" {
		t.Errorf("quorum %q", got)
	}
}

func TestPolicyForALogKnownFromElsewhere(t *testing.T) {
	l, other := newLog(t, "log.example/a"), newLog(t, "log.example/b")
	l.grow(t, 3, "leaf")
	bare := mustParse(t, "quorum none\n")
	_, err := bare.Verify(l.checkpoint(t, 3))
	wantError(t, err, "names no log")
	p, err := bare.ForLog(l.key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Verify(l.checkpoint(t, 3)); err != nil {
		t.Error(err)
	}
	named := mustParse(t, "log "+l.vkey+"\nlog "+other.vkey+"\nquorum none\n")
	if p, err = named.ForLog(other.key); err != nil || len(p.Logs()) != 1 || len(named.Logs()) != 2 {
		t.Errorf("%v, %v", p, err)
	}
	_, err = p.ForLog(l.key)
	wantError(t, err, "does not name the log log.example/a")
}

func FuzzParsePolicy(f *testing.F) {
	l, ws := newLog(f, "log.example/a"), fiveWitnesses(f)
	f.Add([]byte(policyText(l, ws, "group g 2 W1 W2 W3", "quorum g")), l.vkey)
	f.Add([]byte("quorum none\n"), "")
	f.Add([]byte("witness a b\ngroup\t g any a\n"), "a+00000000+BA==")
	f.Fuzz(func(t *testing.T, b []byte, signed string) {
		p, err := ParsePolicy(b)
		if err != nil {
			if problem.KindOf(err) != problem.Invalid {
				t.Errorf("kind of %v", err)
			}
			return
		}
		if _, err := p.Verify(signed); err == nil {
			t.Errorf("%q is verified", signed)
		}
	})
}
