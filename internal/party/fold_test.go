package party

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func TestFold(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"Xiaomi Corporation", "xiaomi corporation"},
		{"  XIAOMI\t Corp.  ", "xiaomi corp"},
		{"Huawei Investment & Holding Co., Ltd.", "huawei investment and holding co ltd"},
		{"AT&T", "at and t"},
		{"&", "and"},
		{"AVIC Xi’an", "avic xi an"},
		{"AVIC Xi'an", "avic xi an"},
		{"Société Générale", "societe generale"},
		{"Łódź Ørsted Þór Straße", "lodz orsted thor strasse"},
		{"İstanbul ISPARTA ığdır", "istanbul isparta igdir"},
		{"Ǻngström", "angstrom"},
		{"ΟΔΥΣΣΕΎΣ", "οδυσσευσ"},
		{"Ёлка Й", "елка и"},
		{"Газпром", "газпром"},
		{"小米集团", "小米集团"},
		{"Ｘｉａｏｍｉ　６０", "xiaomi 60"},
		{"㈜삼성", "주 삼성"},
		{"삼성전자", "삼성전자"},
		{"ガス", "ガス"},
		{"ｶﾞｽ", "ガス"},
		{"محمد بن‌سلمان", "محمد بنسلمان"},
		{"مُحَمَّد", "مُحَمَّد"},
		{"S.A. de C.V.", "s a de c v"},
		{"360 Security (Qihoo)*", "360 security qihoo"},
		{"Oʻzbekiston", "o zbekiston"},
		{"a\u00adb\u200dc\ufeffd", "abcd"},
		{"\u0301\u0302x", "x"},
		{"1\u0301", "1"},
		{"", ""},
		{"…—!", ""},
		{"bad\xff\xfebytes", "bad bytes"},
	} {
		if got := Fold(c.name); got != c.want {
			t.Errorf("Fold(%q) = %q, want %q", c.name, got, c.want)
		}
	}
}

func TestFoldIsBounded(t *testing.T) {
	for _, unit := range []string{"a", "é", "小", "ﷺ", "x\u0301", "م\u064b\u0301", "& ", "\xff"} {
		name := strings.Repeat(unit, 1<<20/len(unit))
		got := Fold(name)
		if n := utf8.RuneCountInString(got); n > maxFold {
			t.Errorf("Fold of %d × %q has %d runes, want at most %d", len(name), unit, n, maxFold)
		}
		if again := Fold(got); again != got {
			t.Errorf("Fold of many %q is not idempotent", unit)
		}
	}
}

// names draws strings that are likely to find a fault: scripts, marks, forms
// and plain bytes mixed.
func names() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.String(),
		rapid.StringOfN(rapid.RuneFrom(nil, unicode.Mn, unicode.Me, unicode.Cf), 0, 40, -1),
		rapid.StringOfN(rapid.RuneFrom(nil, unicode.Latin, unicode.Arabic, unicode.Hangul, unicode.Han, unicode.Cyrillic, unicode.Greek), 0, 12, -1),
		rapid.SampledFrom([]string{"Co.", ", Ltd", "S.A.", "GmbH", " & ", "公司", "ООО ", "株式会社", "İ", "ǰ", "ΐ", "ŉ", "ẞ", "\u1e9e", "\u0345", "\u0390", "ﬃ", "\xc3", " "}),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 8), func(b []byte) string { return string(b) }),
	)
	return rapid.Map(rapid.SliceOfN(piece, 0, 8), func(p []string) string { return strings.Join(p, "") })
}

func TestFoldProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := names().Draw(t, "name")
		folded := Fold(name)
		if again := Fold(folded); again != folded {
			t.Fatalf("Fold(%q) = %q, folded again %q", name, folded, again)
		}
		if !utf8.ValidString(folded) || !norm.NFC.IsNormalString(folded) {
			t.Fatalf("Fold(%q) = %q, want valid composed text", name, folded)
		}
		if strings.Contains(folded, "  ") || strings.TrimSpace(folded) != folded {
			t.Fatalf("Fold(%q) = %q, want single spaces between words", name, folded)
		}
		if up := Fold(strings.ToLower(folded)); up != folded && isASCII(name) {
			t.Fatalf("Fold(%q) depends on case", name)
		}
	})
}

func isASCII(s string) bool { return strings.IndexFunc(s, func(r rune) bool { return r > 0x7f }) < 0 }

// The short way for ASCII must agree with the long way.
func TestFoldASCIIAgrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.RuneFrom(nil, &unicode.RangeTable{R16: []unicode.Range16{{Lo: 0, Hi: 0x7f, Stride: 1}}})).Draw(t, "s")
		short, ok := foldASCII(s)
		if long := tokens(strings.ToLower(s)); !ok || short != long {
			t.Fatalf("foldASCII(%q) = %q, %v; the long way gives %q", s, short, ok, long)
		}
	})
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"Xiaomi Corporation", "İ", "\xff", "ﷺ", "a\u0301\u0300", "㈜", "公司", "S.A."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		folded := Fold(s)
		if Fold(folded) != folded {
			t.Errorf("Fold(%q) = %q is not stable", s, folded)
		}
		if core := Core(s); (core == "") != (folded == "") {
			t.Errorf("Core(%q) = %q of fold %q", s, core, folded)
		}
		if Slug(s) == "" {
			t.Errorf("Slug(%q) is empty", s)
		}
		PersonTerm(s)
		IdentifierTerm("passport", s)
	})
}

func BenchmarkFold(b *testing.B) {
	for _, name := range []string{"CHINA TELECOM CORPORATION LIMITED", "Акционерное общество «Ёлка»", "小米集团股份有限公司"} {
		b.Run(Slug(name), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Fold(name)
			}
		})
	}
}
