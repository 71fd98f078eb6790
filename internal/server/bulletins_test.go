package server

import "testing"

// What lets somebody see a letter is not in the log.
func TestLoggedPath(t *testing.T) {
	for path, want := range map[string]string{
		"/notices/b-1": "/notices/b-1", "/notices/acknowledge/n-1/secret": "/notices/acknowledge/n-1", "/notices/acknowledge/n-1/a/b": "/notices/acknowledge/n-1", "/notices/acknowledge/": "/notices/acknowledge/",
	} {
		if got := loggedPath(path); got != want {
			t.Errorf("%s is logged as %s, want %s", path, got, want)
		}
	}
}
