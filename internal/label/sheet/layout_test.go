package sheet

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// box is the extent of a drawn thing, in millimetres.
type box struct{ left, top, right, bottom float64 }

func (b box) within(o box) bool {
	const slack = 0.01
	return b.left >= o.left-slack && b.top >= o.top-slack && b.right <= o.right+slack && b.bottom <= o.bottom+slack
}

func (b box) meets(o box) bool {
	return b.left < o.right && o.left < b.right && b.top < o.bottom && o.top < b.bottom
}

func extent(item any) box {
	switch i := item.(type) {
	case text:
		return box{i.x, i.y - 0.75*i.size, i.x + width(i.words, i.size, i.weight), i.y + 0.22*i.size}
	case code:
		q := quiet * i.size / float64(len(i.modules))
		return box{i.x - q, i.y - q, i.x + i.size + q, i.y + i.size + q}
	case fill:
		b := box{1e9, 1e9, -1e9, -1e9}
		for _, s := range i.path {
			for _, p := range s.points[:count[s.kind]] {
				b = box{min(b.left, p.x), min(b.top, p.y), max(b.right, p.x), max(b.bottom, p.y)}
			}
		}
		return b
	}
	panic(fmt.Sprintf("%T", item))
}

// names draws what makers call themselves and their products, and what a
// hostile one might.
func names() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`[A-Z][A-Za-z0-9 .&-]{0,90}`),
		rapid.StringMatching(`W{1,90}`),
		rapid.StringMatching(`[\p{Han}]{0,50}`),
		rapid.StringMatching(`[\p{Arabic}\p{Cyrillic} ]{0,60}`),
		rapid.String(),
	)
}

func labels(t testing.TB) *rapid.Generator[Label] {
	base := sample(t)
	return rapid.Custom(func(t *rapid.T) Label {
		l := base
		l.Maker, l.Product = names().Draw(t, "maker"), names().Draw(t, "product")
		l.Authority, l.Scheme = names().Draw(t, "authority"), names().Draw(t, "scheme")
		l.Address = rapid.StringMatching(`[a-z0-9.-]{1,80}/L/7K2MD-4XPTE`).Draw(t, "address")
		l.Tiers = rapid.IntRange(0, maxTiers).Draw(t, "tiers")
		l.Tier = rapid.IntRange(0, l.Tiers).Draw(t, "tier")
		if rapid.Bool().Draw(t, "detailed") {
			entries := rapid.SliceOfN(names(), 0, 30)
			l.Details = &Details{entries.Draw(t, "met"), entries.Draw(t, "not met"), entries.Draw(t, "not applicable")}
		}
		return l
	})
}

// Whatever the names, nothing leaves the label, no text covers another, and
// nothing comes into the quiet zone of the code.
func TestLayout(t *testing.T) {
	gen := labels(t)
	rapid.Check(t, func(t *rapid.T) {
		d, err := whole(gen.Draw(t, "label"))
		if err != nil {
			t.Fatal(err)
		}
		all := box{0, 0, d.width, d.height}
		inner := box{margin, margin - 1, d.width - margin + 0.05, d.height - 1}
		var placed []text
		var qr box
		for _, i := range d.items {
			e := extent(i)
			if c, ok := i.(code); ok {
				qr = extent(c)
			}
			if !e.within(all) {
				t.Fatalf("%+v leaves the label: %+v", i, e)
			}
			x, ok := i.(text)
			if !ok {
				if f, ok := i.(fill); ok && qr != (box{}) && e.meets(qr) && e != all && e.right-e.left < frontWidth {
					t.Fatalf("%+v comes into the quiet zone", e)
				} else if ok && f.ink == white && qr != (box{}) && e.meets(qr) {
					t.Fatal("the code is painted over")
				}
				continue
			}
			if !e.within(inner) {
				t.Fatalf("%q leaves the margins: %+v", x.words, e)
			}
			if e.meets(qr) {
				t.Fatalf("%q comes into the quiet zone: %+v", x.words, e)
			}
			for _, p := range placed {
				if e.meets(extent(p)) {
					t.Fatalf("%q covers %q", x.words, p.words)
				}
			}
			placed = append(placed, x)
		}
	})
}
