package registry

import "testing"

func TestRecently(t *testing.T) {
	r := newRecently[int](2)
	r.put("a", 1)
	r.put("b", 2)
	if v, ok := r.get("a"); !ok || v != 1 {
		t.Errorf("a: %d, %v", v, ok)
	}
	r.put("c", 3) // and b, which was asked for longest ago, goes
	for key, want := range map[string]int{"a": 1, "c": 3} {
		if v, ok := r.get(key); !ok || v != want {
			t.Errorf("%s: %d, %v", key, v, ok)
		}
	}
	if _, ok := r.get("b"); ok || len(r.held) != 2 || r.order.Len() != 2 {
		t.Errorf("b is kept beside %v", r.held)
	}
}
