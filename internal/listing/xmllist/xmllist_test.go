package xmllist

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/problem"
)

// read collects the entries named "e" of a document with the root "list".
func read(t testing.TB, text string, limits Limits) (*Element, []*Element, error) {
	t.Helper()
	var out []*Element
	root, err := Read(t.Context(), []byte(text), limits, []string{"list"}, []string{"e"}, func(e *Element) error {
		out = append(out, e)
		return nil
	})
	return root, out, err
}

func TestRead(t *testing.T) {
	root, entries, err := read(t, `<?xml version="1.0" encoding="UTF-8"?>
<list xmlns="urn:x" date=" 2026-02-27 ">
  <group><e id="1"><name>  Acme
      Trading </name><alias/><alias>Beta<!-- part --> &amp; Co</alias><at><city>Kabul</city></at><at><city/></at><at><city>Herat</city></at></e></group>
  <e id="2">text <b>bold</b> more</e>
</list>
<!-- the end -->`, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if root.Name != "list" || root.Attr("date") != "2026-02-27" || len(root.Children) != 0 || root.Attr("none") != "" {
		t.Errorf("root %+v", root)
	}
	if len(entries) != 2 || entries[0].Line != 3 || entries[0].Attr("id") != "1" || entries[1].Text != "text more" {
		t.Fatalf("entries %+v", entries)
	}
	e := entries[0]
	got := []string{e.First("name"), e.First("alias"), e.First("none"), strings.Join(e.Texts("at", "city"), ";"), strings.Join(e.Texts("alias"), ";"), fmt.Sprint(len(e.Each("at")))}
	if d := cmp.Diff([]string{"Acme Trading", "", "", "Kabul;Herat", "Beta & Co", "3"}, got); d != "" {
		t.Error(d)
	}
}

func TestRoot(t *testing.T) {
	for text, want := range map[string]string{
		`<?xml version="1.0" encoding="ISO-8859-1"?><!DOCTYPE a [<!ENTITY x "y">]><!-- c --><sdnList a="b"><cut off`: "sdnList",
		"\ufeff  \n<n:export xmlns:n='u'>": "export",
		"id,name\n":                        "",
		"":                                 "",
		"<":                                "",
		"<?xml":                            "",
	} {
		e, ok := Root([]byte(text))
		if ok != (want != "") || ok && e.Name != want {
			t.Errorf("%q: %+v, want %q", text, e, want)
		}
	}
}

// Other encodings than UTF-8 are read when they are declared and are what the
// bytes are in.
func TestEncodings(t *testing.T) {
	for encoding, text := range map[string]string{
		"ISO-8859-1": "caf\xe9", "iso-8859-1": "caf\xe9", "windows-1252": "caf\xe9 \x93x\x94", "UTF-8": "café", "utf-8": "café", "US-ASCII": "cafe",
		"windows-1251": "\xca\xe0\xf4\xe5",
	} {
		_, entries, err := read(t, `<?xml version="1.0" encoding="`+encoding+`"?><list><e>`+text+`</e></list>`, Limits{})
		if err != nil {
			t.Errorf("%s: %v", encoding, err)
			continue
		}
		want := map[string]string{"windows-1252": "café “x”", "US-ASCII": "cafe", "windows-1251": "Кафе"}[encoding]
		if want == "" {
			want = "café"
		}
		if entries[0].Text != want {
			t.Errorf("%s: %q, want %q", encoding, entries[0].Text, want)
		}
	}
}

func TestErrorsNameTheLine(t *testing.T) {
	bomb := "<?xml version=\"1.0\"?>\n<!DOCTYPE list [\n<!ENTITY a \"aaaaaaaaaa\">\n<!ENTITY b \"&a;&a;&a;&a;\">\n]>\n<list><e>&b;</e></list>"
	for text, want := range map[string]string{
		bomb: "line 5: the document declares entities",
		"<!DOCTYPE list SYSTEM \"file:///etc/passwd\">\n<list><e/></list>": "line 1: a document type declaration",
		"<list>\n<e>&nope;</e></list>":                                     "line 2: invalid character entity &nope;",
		"<list>\n<e>\n<name>Acme</nam":                                     "line 3: the document ends within <name>; the file seems cut off",
		"<list><e/>":                                                       "line 1: the document ends within <list>; the file seems cut off",
		"<list>\n<e></f></list>":                                           "line 2: no well-formed XML",
		"<list><e/></list>\n<list/>":                                       "line 2: <list> follows the end of <list>",
		"<list><e/></list>\nmore":                                          `line 2: "more" follows the end of <list>`,
		"\n<other/>":                                                       "line 2: the root is <other>; want <list>",
		"":                                                                 "line 1: no element; want <list>",
		"<?xml version=\"1.0\" encoding=\"UTF-16\"?><list/>":                                   `line 1: the encoding "UTF-16" is not read; save the document as UTF-8`,
		"<?xml version=\"1.0\" encoding=\"nonsense\"?><list/>":                                 `line 1: the encoding "nonsense" is not read`,
		"<list>\n<e>caf\xe9</e></list>":                                                        "line 2: bytes that are no UTF-8",
		"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><list>\n<e>\x93x\x94</e></list>":       "line 2: the text of <e> has the control character 0x93; the declared encoding may be wrong",
		"<?xml version=\"1.0\" encoding=\"windows-1252\"?><list>\n<e a='\x81'/></list>":        "line 2: the text of attribute a",
		"<?xml version=\"1.0\" encoding=\"US-ASCII\"?><list>\n<e>\xe9</e></list>":              "line 2: bytes that are no UTF-8; save the document as UTF-8",
		"<list>\n<e>" + strings.Repeat("<a>", 30) + "</e></list>":                              "line 2: <a> is nested 25 deep, the limit is 24",
		"<list>\n<e>\x01</e></list>":                                                           "line 2: no well-formed XML: illegal character code U+0001",
		"<list><e>" + strings.Repeat("x", 300<<10) + "</e></list>":                             "line 1: the text of <e> is longer than 262144 bytes",
		"<list><e a='" + strings.Repeat("x", 300<<10) + "'/></list>":                           "line 1: the text of attribute a is longer than 262144 bytes",
		"<list><e>" + strings.Repeat(strings.Repeat("x", 1000)+"<!---->", 300) + "</e></list>": "line 1: the text of <e> is longer than 262144 bytes",
	} {
		_, _, err := read(t, text, Limits{})
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.90q:\n got %v\nwant %s", text, err, want)
			continue
		}
		if kind := problem.KindOf(err); kind != problem.Invalid && kind != problem.TooLarge || strings.Contains(err.Error(), "\n") || len(err.Error()) > 300 {
			t.Errorf("%.90q: %s error %q", text, kind, err)
		}
	}
}

func TestLimits(t *testing.T) {
	text := "<list><e a='1' b='2'><x>long text</x><y/></e><e/></list>"
	for _, l := range []Limits{{Bytes: 10}, {Elements: 4}, {Depth: 2}, {Text: 5}, {Fields: 3}} {
		if _, _, err := read(t, text, l); !errors.Is(err, problem.TooLarge) {
			t.Errorf("%+v: %v, want too large", l, err)
		}
	}
	if _, entries, err := read(t, text, Limits{Bytes: len(text), Elements: 5, Depth: 3, Text: 9, Fields: 4}); err != nil || len(entries) != 2 {
		t.Errorf("within the limits: %v", err)
	}
}

// An error of the one who takes entries ends the reading and comes back as it is.
func TestTakeStops(t *testing.T) {
	mine := errors.New("enough")
	taken := 0
	_, err := Read(t.Context(), []byte("<list><e/><e/></list>"), Limits{}, []string{"list"}, []string{"e"}, func(*Element) error {
		taken++
		return mine
	})
	if !errors.Is(err, mine) || taken != 1 {
		t.Errorf("%v after %d entries", err, taken)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Read(ctx, []byte("<list/>"), Limits{}, []string{"list"}, nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// Whatever the bytes, reading ends with a result or one line that names a place,
// and an element never holds more than the limits allow.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`<list d="1"><e a="b"><n>Acme &amp; Co</n><n/></e></list>`))
	f.Add([]byte("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><list><e>caf\xe9</e></list>"))
	f.Add([]byte(`<!DOCTYPE list [<!ENTITY a "b">]><list><e>&a;</e></list>`))
	f.Add([]byte("<list><e><![CDATA[<x>]]></e><e><!-- --></e>"))
	f.Fuzz(func(t *testing.T, b []byte) {
		Root(b)
		limits := Limits{Elements: 200, Depth: 6, Text: 500, Fields: 50}
		_, entries, err := read(t, string(b), limits)
		if err != nil {
			if kind := problem.KindOf(err); kind != problem.Invalid && kind != problem.TooLarge || !strings.HasPrefix(err.Error(), "line ") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %q", kind, err)
			}
			return
		}
		for _, e := range entries {
			for _, c := range e.Children {
				if len(c.Text) > limits.Text*3 {
					t.Errorf("%d bytes of text", len(c.Text))
				}
			}
		}
	})
}
