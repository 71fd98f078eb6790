package oscal

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"countersign.dev/internal/assurance/catalogue"
)

var modified = time.Date(2026, 3, 12, 10, 0, 0, 0, time.FixedZone("", 3600))

func shipped(t testing.TB) *catalogue.Set {
	t.Helper()
	s, err := catalogue.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asIs compares catalogues without the bytes that they were read from.
var asIs = cmp.Options{
	cmpopts.IgnoreUnexported(catalogue.Catalogue{}), cmpopts.IgnoreFields(catalogue.Catalogue{}, "Digest"), cmpopts.EquateEmpty(),
}

func written(t testing.TB, c *catalogue.Catalogue) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteCatalogue(&b, c, modified); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestCatalogueRoundTrip: every catalogue of the product, written and read, is
// the same, and written twice is the same bytes.
func TestCatalogueRoundTrip(t *testing.T) {
	for _, c := range shipped(t).Catalogues() {
		b := written(t, c)
		got, notes, err := ReadCatalogue(b, "")
		if err != nil || len(notes) > 0 {
			t.Errorf("%s: %v, %v", c.ID, err, notes)
			continue
		}
		if diff := cmp.Diff(c, got, asIs); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.ID, diff)
		}
		if !bytes.Equal(b, written(t, c)) {
			t.Errorf("%s: written twice gives different bytes", c.ID)
		}
		yaml, err := catalogue.Parse(got.YAML())
		if err != nil {
			t.Errorf("%s: as YAML: %v", c.ID, err)
		} else if diff := cmp.Diff(c, yaml, asIs); diff != "" {
			t.Errorf("%s as YAML (-want +got):\n%s", c.ID, diff)
		}
	}
}

func TestCatalogueSchema(t *testing.T) {
	s := schema(t, "catalog")
	for _, c := range shipped(t).Catalogues() {
		t.Run(c.ID, func(t *testing.T) { valid(t, s, written(t, c)) })
	}
}

// TestImportedIsUsed: a catalogue that came as OSCAL closes the links of the
// others and satisfies the profiles, as the one of the product does.
func TestImportedIsUsed(t *testing.T) {
	s := shipped(t)
	var cs []*catalogue.Catalogue
	for _, c := range s.Catalogues() {
		got, _, err := ReadCatalogue(written(t, c), "")
		if err != nil {
			t.Fatal(err)
		}
		cs = append(cs, got)
	}
	again, err := catalogue.NewSet(cs, s.Profiles())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range s.Profiles() {
		tier := len(p.Tiers)
		want, _ := p.Select(s, tier)
		got, err := p.Select(again, tier)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, sameAsked); diff != "" {
			t.Errorf("%s (-want +got):\n%s", p.ID, diff)
		}
	}
}

// sameAsked compares what is asked, with the catalogue by its id.
var sameAsked = cmp.Options{cmp.Transformer("id", func(c *catalogue.Catalogue) string { return c.ID }), cmpopts.EquateEmpty()}

func TestToken(t *testing.T) {
	for id, want := range map[string]string{
		"AI.1": "AI.1", "5.1-1": "c-5.1-1", "4e(i)(A)": "c-4e.i.A", "1": "c-1", "component.hash": "component.hash", "_x": "_x", "a b": "c-a_b",
	} {
		if got := token(id); got != want || !tokenForm.MatchString(got) {
			t.Errorf("token of %q is %q, want %q", id, got, want)
		}
	}
	ids := newTokens()
	a, b := ids.of("4e(i)"), ids.of("4e.i")
	if a == b || ids.of("4e(i)") != a {
		t.Errorf("tokens %q and %q", a, b)
	}
}

func TestUUID(t *testing.T) {
	if got, want := uuid("catalog", "x"), uuid("catalog", "x"); got != want || got == uuid("catalogx", "") || got == uuid("cata", "logx") {
		t.Errorf("uuid %s", got)
	}
	// RFC 9562, appendix A.4.
	dns := [16]byte{0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}
	want := [16]byte{0x2e, 0xd6, 0x65, 0x7d, 0xe9, 0x27, 0x56, 0x8b, 0x95, 0xe1, 0x26, 0x65, 0xa8, 0xae, 0xa6, 0xa2}
	if got := named(dns, "www.example.com"); got != want {
		t.Errorf("www.example.com is %x, want %x", got, want)
	}
}
