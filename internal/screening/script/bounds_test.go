package script

import (
	"strings"
	"testing"
	"unicode/utf8"

	"countersign.dev/internal/party"
)

// check states what holds of the readings of any text at all.
func check(t *testing.T, text string) {
	t.Helper()
	all := Readings(text)
	if len(all) > maxReadings {
		t.Fatalf("%d readings of %q", len(all), text)
	}
	seen := map[Reading]bool{}
	for _, r := range all {
		if r.Text == "" || r.Rule == "" || clean(r.Text) != r.Text || strings.Contains(r.Text, "  ") {
			t.Fatalf("reading %+v of %q, want words of a-z and digits, and a rule", r, text)
		}
		if party.Fold(r.Text) != r.Text {
			t.Fatalf("reading %q of %q folds to %q", r.Text, text, party.Fold(r.Text))
		}
		r.Rule = ""
		if seen[r] {
			t.Fatalf("reading %q of %q twice", r.Text, text)
		}
		seen[r] = true
		for _, w := range strings.Fields(r.Text) {
			if s := Skeleton(w); len(s) > 2*len(w) {
				t.Fatalf("skeleton %q of %q", s, w)
			}
		}
	}
	if ascii(text) && all != nil {
		t.Fatalf("readings of %q, which is ASCII", text)
	}
	if folded := Han(text); Han(folded) != folded {
		t.Fatalf("Han(%q) = %q, and of that %q", text, folded, Han(folded))
	}
	Of(text)
	Aliases(text)
}

func FuzzReadings(f *testing.F) {
	for _, s := range []string{
		"", "Xiaomi", "Дмитрий Ильин", "ООО «Ёж»", "Iгар ЗЯМЦОЎ", "Γεώργιος Μπακογιάννης", "عبد الرحمن بن محمد", "شرکت ملی نفت", "בן ציון",
		"杭州海康威视数字技术股份有限公司", "华为", "單", "ソニー株式会社", "っっっ", "김영복", "조선백호무역회사", "ա", "\xff\xfeж", "\xb9\x80영복", "\x80中\x80", "ъъ ьь", "ъ0", "скъ", "И И И", "عع", "ッ", "и", "ии",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		check(t, text)
		check(t, party.Fold(text))
	})
}

// A name of any length is cut, not refused, and costs no more than a long one.
func TestLongNames(t *testing.T) {
	for _, unit := range []string{"общество с ", "и ", "中国", "单", "عبد ال", "조선", "ツッ", "μπ", "א", "ж\xff"} {
		text := strings.Repeat(unit, 100_000)
		check(t, text)
		for _, r := range Readings(text) {
			if n := utf8.RuneCountInString(r.Text); n > 20*maxRunes {
				t.Errorf("a reading of %d letters of %.20q …", n, text)
			}
		}
	}
}

// Every table can be read, and says each word once.
func TestTables(t *testing.T) {
	files, err := tables.ReadDir("tables")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name := strings.TrimSuffix(f.Name(), ".txt")
		separator := " "
		if name == "cyr_terms" || name == "ar_terms" {
			separator = "\t"
		}
		if name == "han_simplified" {
			continue
		}
		seen := map[string]bool{}
		for _, line := range lines(name) {
			word, value, ok := strings.Cut(line, separator)
			if !ok && name != "cyr_terms" {
				t.Errorf("%s: %q has nothing after its word", name, line)
			}
			folded := scriptFold(party.Fold(word))
			if seen[folded] {
				t.Errorf("%s: %s twice", name, word)
			}
			seen[folded] = true
			for spelling := range strings.SplitSeq(value, "|") {
				if name != "kana" && clean(spelling) != spelling {
					t.Errorf("%s: %s has the spelling %q, want words of a-z and digits", name, word, spelling)
				}
			}
		}
		if len(seen) == 0 {
			t.Errorf("%s is empty", name)
		}
	}
	for _, line := range lines("han_simplified") {
		for _, pair := range strings.Fields(line) {
			if utf8.RuneCountInString(pair) != 2 {
				t.Errorf("han_simplified: %q is no pair", pair)
			}
		}
	}
}

func BenchmarkReadings(b *testing.B) {
	for _, c := range []struct{ name, text string }{
		{"latin", "Hangzhou Hikvision Digital Technology Co., Ltd."},
		{"accents", "Société Générale d'Électricité"},
		{"russian", "Дмитрий Алексеевич Шестаков"},
		{"russian-company", "Акционерное общество Научно-производственное объединение Молния"},
		{"arabic", "عبد الرحمن بن محمد التكريتي"},
		{"chinese", "王君正"},
		{"chinese-company", "杭州海康威视数字技术股份有限公司"},
		{"korean", "김영복"},
	} {
		text := party.Fold(c.text)
		Readings(text)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Readings(text)
			}
		})
	}
}
