package party

import (
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

// plainName draws a name of letters that no legal form consists of.
func plainName() *rapid.Generator[string] {
	return rapid.Map(rapid.SliceOfN(rapid.StringMatching(`[BDFGHJKMQRTVWXZ][bdfghjkmqrtvwxz]{3,9}`), 1, 4), func(w []string) string { return strings.Join(w, " ") })
}

// What differs only in case, marks, spacing, width or punctuation folds alike.
func TestFoldIgnoresHowItIsWritten(t *testing.T) {
	marks := []string{"", "\u0301", "\u0308", "\u0327"}
	rapid.Check(t, func(t *rapid.T) {
		name := plainName().Draw(t, "name")
		var b strings.Builder
		for _, r := range name {
			switch {
			case r == ' ':
				b.WriteString(rapid.SampledFrom([]string{" ", "  ", " - ", ", ", "\u00a0", "/", "'", "’"}).Draw(t, "gap"))
			case rapid.Bool().Draw(t, "wide"):
				b.WriteRune(r - '!' + '！')
			default:
				b.WriteString(rapid.SampledFrom([]string{strings.ToUpper(string(r)), strings.ToLower(string(r))}).Draw(t, "case"))
				b.WriteString(rapid.SampledFrom(marks).Draw(t, "mark"))
			}
		}
		written := b.String()
		if rapid.Bool().Draw(t, "composed") {
			written = norm.NFC.String(written)
		}
		if got, want := Fold(written), strings.ToLower(name); got != want {
			t.Fatalf("Fold(%q) = %q, want %q", written, got, want)
		}
	})
}

// Names of other scripts keep their letters and marks.
func TestFoldKeepsOtherScripts(t *testing.T) {
	for _, name := range []string{"हुआवेई", "ฮ่องกง", "ვაჟა", "ᄒᆞᆫ글", "ৰাজ্য", "שָׁלוֹם", "مُحَمَّد", "ኢትዮጵያ", "小米集團", "ソニー", "中國移動"} {
		if got := Fold(name); norm.NFKD.String(got) != norm.NFKD.String(name) {
			t.Errorf("Fold(%q) = %q, want it unchanged", name, got)
		}
	}
}

// Whatever legal forms stand at the end of a name, its core is one.
func TestCoreIgnoresLegalForms(t *testing.T) {
	forms := []string{
		"Co", "Co.", "Company", "Ltd", "Ltd.", "Limited", "Inc.", "Incorporated", "Corp.", "Corporation", "LLC", "L.L.C.", "PLC", "GmbH", "AG",
		"SA", "S.A.", "S.p.A.", "SpA", "JSC", "OJSC", "PJSC", "OOO", "OAO", "ZAO", "BV", "B.V.", "NV", "N.V.", "Oy", "AB", "AS", "A/S", "KK", "K.K.",
		"Pte", "Pte. Ltd.", "Pty Ltd", "Sdn Bhd", "Sdn. Bhd.", "SARL", "S.A.R.L.", "Srl", "S.r.l.", "S.A. de C.V.", "Joint Stock Company", "Pvt. Ltd.",
	}
	rapid.Check(t, func(t *rapid.T) {
		name := plainName().Draw(t, "name")
		with := name
		for _, form := range rapid.SliceOfN(rapid.SampledFrom(forms), 0, 3).Draw(t, "forms") {
			with += rapid.SampledFrom([]string{" ", ", "}).Draw(t, "gap") + form
		}
		if got, want := Core(with), strings.ToLower(name); got != want {
			t.Fatalf("Core(%q) = %q, want %q", with, got, want)
		}
	})
}

func TestCoreIgnoresFormsInFront(t *testing.T) {
	forms := []string{"OOO", "OAO", "ZAO", "PAO", "ООО", "ОАО", "АО", "JSC", "PJSC", "Public Joint Stock Company", "Limited Liability Company", "PT", "Open Joint-Stock Company"}
	rapid.Check(t, func(t *rapid.T) {
		name := plainName().Draw(t, "name")
		with := rapid.SampledFrom(forms).Draw(t, "form") + rapid.SampledFrom([]string{" ", " \"", " «"}).Draw(t, "quote") + name
		if got, want := Core(with), strings.ToLower(name); got != want {
			t.Fatalf("Core(%q) = %q, want %q", with, got, want)
		}
	})
}

// Two names have one slug exactly when they have one fold.
func TestSlugFollowsFold(t *testing.T) {
	some := rapid.OneOf(plainName(), names(), rapid.SampledFrom([]string{"a", "A", "a!", "á", "小米", "小 米", "x", "", "!", strings.Repeat("long ", 60), strings.Repeat("long ", 61)}))
	rapid.Check(t, func(t *rapid.T) {
		a, b := some.Draw(t, "a"), some.Draw(t, "b")
		if fa, fb := Fold(a), Fold(b); fa == "" || fb == "" {
			return
		} else if (Slug(a) == Slug(b)) != (fa == fb) {
			t.Fatalf("slugs %q and %q of folds %q and %q", Slug(a), Slug(b), fa, fb)
		}
	})
}

func TestIdentifierTermIgnoresPunctuation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.StringMatching(`[A-Z0-9]{1,20}`).Draw(t, "value")
		var b strings.Builder
		for _, r := range value {
			b.WriteRune(r)
			b.WriteString(rapid.SampledFrom([]string{"", " ", "-", ".", "/"}).Draw(t, "between"))
		}
		got, want := IdentifierTerm("tax", b.String()), "tax:"+strings.ToLower(value)
		if got != want {
			t.Fatalf("term %q of %q, want %q", got, b.String(), want)
		}
	})
}
