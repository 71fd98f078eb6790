package sharing

import "testing"

func TestAlike(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{`{"a":1,"b":"x"}`, "{ \"b\": \"\\u0078\",\n\"a\":1}", true},
		{`{"a":1.50e0}`, `{"a":1.5}`, true},
		{`{"a":[1,2]}`, `{"a":[2,1]}`, false},
		{`{"a":1}`, `{"a":"1"}`, false},
		{`{"a":9007199254740993}`, `{"a":9007199254740992}`, false},
		{`{"a":null}`, `{}`, false},
		{`{"a":"/"}`, `{"a":"\/"}`, true},
		{`{"a":"\u00e9"}`, `{"a":"e\u0301"}`, false},
		{`{"a":1`, `{"a":1`, false},
	} {
		if got := alike([]byte(tt.a), []byte(tt.b)); got != tt.want {
			t.Errorf("%s and %s: %t", tt.a, tt.b, got)
		}
	}
}
