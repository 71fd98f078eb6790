package node

import (
	"context"
	"os"
	"testing"

	"countersign.dev/internal/problem"
)

// TestIssuerKeyLost: a key that is gone is said to be gone, and no other takes
// its place unless somebody puts one there.
func TestIssuerKeyLost(t *testing.T) {
	l, ctx := newLabelling(t), context.Background()
	_, err := l.Issue(ctx, authority, l.assessed(), IssueOptions{})
	l.must(err)
	second := l.assessed()

	path := l.issuer.path
	l.must(os.Rename(path, path+".lost"))
	l.issuer.key = nil // as after a restart
	if _, _, err := l.StatusList(ctx); problem.KindOf(err) != problem.Unavailable {
		t.Errorf("a status list without the key: %v", err)
	}
	if _, err := l.Issue(ctx, authority, second, IssueOptions{}); problem.KindOf(err) != problem.Unavailable {
		t.Errorf("a label without the key: %v", err)
	}
	keys, err := l.LabelKeys(ctx)
	l.must(err)
	if _, err := os.Stat(path); err == nil || len(keys) != 1 {
		t.Errorf("another key took its place: %d are known", len(keys))
	}

	l.must(os.Rename(path+".lost", path))
	if _, err := l.Issue(ctx, authority, second, IssueOptions{}); err != nil {
		t.Errorf("with the key again: %v", err)
	}
}
